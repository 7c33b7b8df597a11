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
