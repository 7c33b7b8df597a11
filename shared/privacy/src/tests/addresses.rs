//! Addresses in the orders of their countries.

use super::check;

#[test]
fn masks_an_address_as_one() {
    check("I live at 221B Baker Street, London NW1 6XE", "I live at [ADDRESS_1]");
    check("send it to Flat 3, 12 Oak Road, Leeds LS1 4AB please", "send it to [ADDRESS_1] please");
    check("123 Main St, Apt 4B, Springfield, IL 62704", "[ADDRESS_1]");
    check("123 Main Street Apt 4 Springfield IL 62704", "[ADDRESS_1]");
    check("456 Maple Ave, Toronto, ON M5V 2T6", "[ADDRESS_1]");
    check("deliver to 12 oak lane please", "deliver to [ADDRESS_1] please");
    check("my address is 45 Maple Drive, Austin, TX 78701", "my address is [ADDRESS_1]");
    check("1600 Pennsylvania Avenue NW, Washington, DC 20500", "[ADDRESS_1]");
    check("350 Fifth Avenue, New York", "[ADDRESS_1]");
    check("Hauptstraße 12, 10115 Berlin", "[ADDRESS_1]");
    check("10115 Berlin, Hauptstraße 12", "[ADDRESS_1]");
    check("Ich wohne Am Markt 5, 99084 Erfurt", "Ich wohne [ADDRESS_1]");
    check("Lange Straße 7b in 20095 Hamburg", "[ADDRESS_1]");
    check("Karl-Marx-Allee 34, 3. OG, 10178 Berlin", "[ADDRESS_1]");
    check("Rosenweg 4", "[ADDRESS_1]");
    check("Straße des 17. Juni 135, 10623 Berlin", "[ADDRESS_1]");
    check("Bahnhofstr. 3, D-80335 München", "[ADDRESS_1]");
    check("Calle Mayor 12, 3º B, 28013 Madrid", "[ADDRESS_1]");
    check("C/ Serrano, 45, 2º izq, 28001 Madrid", "[ADDRESS_1]");
    check("Avda. de la Constitución 5, Sevilla", "[ADDRESS_1]");
    check("vivo en la calle de Alcalá, 45", "vivo en la [ADDRESS_1]");
    check("calle gran vía 28", "[ADDRESS_1]");
    check("Cra. 7 # 12-34, Bogotá", "[ADDRESS_1]");
    check("12 rue de la Paix, 75002 Paris", "[ADDRESS_1]");
    check("12 bis, avenue Victor Hugo, 75016 Paris", "[ADDRESS_1]");
    check("8 place de la République, 33000 Bordeaux", "[ADDRESS_1]");
    check("j'habite au 5 allée des Tilleuls", "j'habite au [ADDRESS_1]");
    check("Via Roma 12, 00184 Roma", "[ADDRESS_1]");
    check("abito in via Garibaldi 7, interno 3, 20121 Milano", "abito in [ADDRESS_1]");
    check("Corso Vittorio Emanuele II 45, Torino", "[ADDRESS_1]");
    check("Rua Augusta, 1500, apto 42, São Paulo - SP, 01304-001", "[ADDRESS_1]");
    check("Rua das Flores 45, 2º Esq, 1200-195 Lisboa", "[ADDRESS_1]");
    check("Av. Paulista, 1000", "[ADDRESS_1]");
    check("Atatürk Mah. Cumhuriyet Cad. No: 12 D: 5 Kadıköy/İstanbul", "[ADDRESS_1]");
    check("Bağdat Caddesi No: 45, Kat 3, Kadıköy", "[ADDRESS_1]");
    check("Gül Sokak 5, 34000 İstanbul", "[ADDRESS_1]");
    check("Jl. Sudirman No. 5, RT 03/RW 05, Jakarta 10220", "[ADDRESS_1]");
    check("Jalan Merdeka No. 17 Bandung", "[ADDRESS_1]");
    check("alamat saya Jl. Kebon Jeruk Raya No 27, Jakarta Barat 11530", "alamat saya [ADDRESS_1]");
    check("شارع الملك فهد رقم 12، الرياض", "[ADDRESS_1]");
    check("12 شارع التحرير، القاهرة", "[ADDRESS_1]");
    check("عنواني شارع النيل، عمارة 5، شقة 3، القاهرة", "عنواني [ADDRESS_1]");
    check("〒100-0001 東京都千代田区千代田1-1-1", "[ADDRESS_1]");
    check("住所は東京都新宿区西新宿2丁目8番1号です", "住所は[ADDRESS_1]です");
    check("大阪府大阪市北区梅田3-1-3 サンハイツ203号室に届けて", "[ADDRESS_1]に届けて");
    check("北京市朝阳区建国路88号院3号楼2单元501室", "[ADDRESS_1]");
    check("请寄到上海市浦东新区世纪大道100号", "请寄到[ADDRESS_1]");
    check("广东省深圳市南山区科技园5栋302", "[ADDRESS_1]");
    check("台北市信義區松仁路100號5樓", "[ADDRESS_1]");
    check("서울특별시 강남구 테헤란로 152, 3층", "[ADDRESS_1]");
    check("서울시 마포구 와우산로 94 101동 1203호", "[ADDRESS_1]");
    check("역삼동 123-45번지", "[ADDRESS_1]");
    check("부산 해운대구 센텀중앙로 97", "[ADDRESS_1]");
    check("PO Box 123, Portland, OR 97201", "[ADDRESS_1]");
    check("Unit 5, 20 King Street, Sydney NSW 2000", "[ADDRESS_1]");
    check("One more: 10 Downing Street.", "One more: [ADDRESS_1].");
    check("ship to 77 Massachusetts Ave", "ship to [ADDRESS_1]");
    check("Meine Adresse: Lindenplatz 3, 50667 Köln", "Meine Adresse: [ADDRESS_1]");
    check("12 Station Road", "[ADDRESS_1]");
}

#[test]
fn leaves_streets_and_numbers_that_are_no_address() {
    for text in [
        "the street sign",
        "Wall Street Journal",
        "I need 2 way speakers",
        "3 Street Fighter games",
        "64 GB Flash Drive",
        "2 TB Google Drive",
        "the 12 way street",
        "20 Minuten Heimweg",
        "카드로 3번 결제했어요",
        "택배로 2개 보냈어요",
        "频道5号",
        "Hauptstraße ist lang",
        "via PayPal 24 days",
        "calle llena de gente 5 personas",
        "Ring 12 mm",
        "Silberring 12",
        "10 of Main colors",
        "1 Apple Way too expensive",
    ] {
        check(text, text);
    }
}

#[test]
fn masks_flats_quarters_and_towns_with_the_street() {
    check("My new address is 9 Rowan Close, Bristol, BS8 4QT.", "My new address is [ADDRESS_1].");
    check("We moved from 14 Elm Grove to 3 Willow Court, Cardiff CF10 1AA", "We moved from [ADDRESS_1] to [ADDRESS_2]");
    check("Apt. 12, 45-47 High Street, Manchester M1 2AB", "[ADDRESS_1]");
    check("The driver left it at 7 mill lane, york yo1 7hu", "The driver left it at [ADDRESS_1]");
    check("500 W Madison St, Suite 2000, Chicago, IL 60661, USA", "[ADDRESS_1]");
    check("PO Box 4567, Denver CO 80201", "[ADDRESS_1]");
    check("100-200 Bloor Street West, Toronto ON M4W 3E2", "[ADDRESS_1]");
    check("Ich bin umgezogen: Goethestraße 5a, 60313 Frankfurt am Main", "Ich bin umgezogen: [ADDRESS_1]");
    check("An der Alster 12, 20099 Hamburg", "[ADDRESS_1]");
    check("Lieferadresse: Unter den Linden 77, 10117 Berlin", "Lieferadresse: [ADDRESS_1]");
    check("Schillerplatz 4, 70173 Stuttgart, 2. Stock", "[ADDRESS_1]");
    check("Mariahilfer Straße 45/12, 1060 Wien", "[ADDRESS_1]");
    check("Rue du Rhône 50, 1204 Genève", "[ADDRESS_1]");
    check("envíalo a Calle de Serrano 21, piso 4, puerta B, 28001 Madrid", "envíalo a [ADDRESS_1]");
    check("Paseo de la Castellana, 100, 28046 Madrid", "[ADDRESS_1]");
    check("Calle 72 # 10-34, Bogotá", "[ADDRESS_1]");
    check("18 rue des Martyrs, appt 5, 75009 Paris", "[ADDRESS_1]");
    check("3 ter chemin du Moulin 69005 Lyon", "[ADDRESS_1]");
    check("145 boulevard Saint-Germain, bât B, 75006 Paris", "[ADDRESS_1]");
    check("Piazza del Duomo 1, 50122 Firenze", "[ADDRESS_1]");
    check("Rua da Prata 80, 3º Dto, 1100-415 Lisboa", "[ADDRESS_1]");
    check("Avenida Atlântica, 1702, apto 501, Rio de Janeiro - RJ, 22021-001", "[ADDRESS_1]");
    check("Travessa do Carmo 5", "[ADDRESS_1]");
    check("İnönü Caddesi No:15 Daire:4 Beşiktaş İstanbul", "[ADDRESS_1]");
    check("Cumhuriyet Mahallesi Gül Sokak No 7 Kat 2 Çankaya/Ankara", "[ADDRESS_1]");
    check("Adresim Fevzi Çakmak Mah. 123. Sok. No:4/5 Selçuklu Konya", "Adresim [ADDRESS_1]");
    check("Jl. Gatot Subroto Kav. 12, Jakarta Selatan 12930", "[ADDRESS_1]");
    check("Jalan Diponegoro No. 45, RT 02 RW 07, Kel. Menteng, Jakarta", "[ADDRESS_1]");
    check("Gang Melati No 3", "[ADDRESS_1]");
    check("شارع التحلية، مبنى 25، شقة 4، جدة", "[ADDRESS_1]");
    check("حي النرجس شارع العليا رقم 45 الرياض", "حي النرجس [ADDRESS_1]");
    check("أسكن في 15 شارع الجمهورية، المنصورة", "أسكن في [ADDRESS_1]");
    check("طريق الملك عبدالله رقم 200", "[ADDRESS_1]");
    check("〒530-0001 大阪府大阪市北区梅田1丁目2番3号 梅田ビル5階", "[ADDRESS_1]");
    check("神奈川県横浜市西区みなとみらい2-2-1", "[ADDRESS_1]");
    check("浙江省杭州市西湖区文三路478号华星大厦1203室", "[ADDRESS_1]");
    check("重庆市渝中区解放碑步行街12号", "[ADDRESS_1]");
    check("北京市海淀区中关村南大街5号院2号楼301", "[ADDRESS_1]");
    check("收货地址：江苏省南京市鼓楼区汉口路22号", "收货地址：[ADDRESS_1]");
    check("高雄市前金區中正四路211號", "[ADDRESS_1]");
    check("서울특별시 종로구 세종대로 209 (세종로)", "[ADDRESS_1]");
    check("대구시 중구 동성로2길 55", "[ADDRESS_1]");
    check("서울 강남구 역삼동 736-1 102동 1504호", "[ADDRESS_1]");
    check("04524 서울시 중구 세종대로 110", "[ADDRESS_1]");
}
