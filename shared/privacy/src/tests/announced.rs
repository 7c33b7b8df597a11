//! Names that people announce in forms, in signatures and in the middle of a sentence, in twelve languages.

use super::check;

#[test]
fn finds_names_of_kin_contacts_and_forms() {
    check(
        "Good afternoon, you're speaking with Harriet Lockwood, I ordered a lamp",
        "Good afternoon, you're speaking with [NAME_1], I ordered a lamp",
    );
    check("Hi this is Tom", "Hi this is [NAME_1]");
    check("Hey it's Priya from accounts", "Hey it's [NAME_1] from accounts");
    check("the booking is for Jonathan Meyers", "the booking is for [NAME_1]");
    check("I'm writing for my boss, Ms. Kowalczyk", "I'm writing for my boss, Ms. [NAME_1]");
    check("please change the name to Olivia Hartley", "please change the name to [NAME_1]");
    check("my married name is now Susan Bright", "my married name is now [NAME_1]");
    check("you can call me Beth", "you can call me [NAME_1]");
    check("Harriet Lockwood here, any news on my refund?", "[NAME_1] here, any news on my refund?");
    check("Sent by Marcus Webb", "Sent by [NAME_1]");
    check("my daughter Lily has an appointment", "my daughter [NAME_1] has an appointment");
    check("I was served by Kieran in the Leeds branch", "I was served by [NAME_1] in the Leeds branch");
    check("signed for by \"P. Nowak\" but that's not me", "signed for by \"[NAME_1]\" but that's not me");
    check("customer name - george papadopoulos", "customer name - [NAME_1]");
    check(
        "Mein Mann heißt Rüdiger Klein und steht als zweiter Inhaber im Vertrag",
        "Mein Mann heißt [NAME_1] und steht als zweiter Inhaber im Vertrag",
    );
    check("Guten Tag, mein Name: Sabine Köhler", "Guten Tag, mein Name: [NAME_1]");
    check("Hier Müller, ich rufe wegen der Rechnung an", "Hier [NAME_1], ich rufe wegen der Rechnung an");
    check("Name auf der Karte: BIRGIT SEIDEL", "Name auf der Karte: [NAME_1]");
    check("Das Konto läuft auf Wolfgang Petry", "Das Konto läuft auf [NAME_1]");
    check("Es geht um meinen Sohn Leon Fischer", "Es geht um meinen Sohn [NAME_1]");
    check("Viele Grüße aus Bremen, Familie Petersen", "Viele Grüße aus Bremen, Familie [NAME_1]");
    check("VG Tobias", "VG [NAME_1]");
    check("meine Kollegin Frau Dr. Özdemir hat das bestellt", "meine Kollegin Frau [NAME_1] hat das bestellt");
    check("Hola, le escribe Marisol Quintana", "Hola, le escribe [NAME_1]");
    check("el pedido está a nombre de Joaquín Beltrán Ruiz", "el pedido está a nombre de [NAME_1]");
    check("La reserva es para Nuria Castells", "La reserva es para [NAME_1]");
    check("Soy la señora Ibáñez", "Soy la señora [NAME_1]");
    check("me llamo lucía fernández y no me llega el pedido", "me llamo [NAME_1] y no me llega el pedido");
    check("El paciente se llama Rodrigo Salas", "El paciente se llama [NAME_1]");
    check("Firmado: Pedro Alcántara", "Firmado: [NAME_1]");
    check("bonjour je m'appelle sarah lemoine", "bonjour je m'appelle [NAME_1]");
    check("Le colis est au nom de Bertrand Couture", "Le colis est au nom de [NAME_1]");
    check("Mon fils Lucas a perdu sa carte", "Mon fils [NAME_1] a perdu sa carte");
    check("Bien à vous, Hélène", "Bien à vous, [NAME_1]");
    check("Moi c'est Karim", "Moi c'est [NAME_1]");
    check("Buongiorno, sono la signora Ferraro", "Buongiorno, sono la signora [NAME_1]");
    check("mi chiamo Giulia e aspetto un pacco", "mi chiamo [NAME_1] e aspetto un pacco");
    check("a nome di Francesco De Luca", "a nome di [NAME_1]");
    check("L'ordine è intestato a Paola Greco", "L'ordine è intestato a [NAME_1]");
    check("mio marito Salvatore Conte", "mio marito [NAME_1]");
    check("Olá, aqui fala Joana Pires", "Olá, aqui fala [NAME_1]");
    check("o meu nome é Rui Tavares", "o meu nome é [NAME_1]");
    check("A encomenda está em nome de Tatiana Moura", "A encomenda está em nome de [NAME_1]");
    check("Quem fala é o Marcos", "Quem fala é o [NAME_1]");
    check("Obrigada, Fernanda Lopes", "Obrigada, [NAME_1]");
    check("İyi günler, ben Hakan Yıldız, siparişim gelmedi", "İyi günler, ben [NAME_1], siparişim gelmedi");
    check("Adım soyadım: Gizem Arslan", "Adım soyadım: [NAME_1]");
    check("Sipariş Kemal Doğan adına verildi", "Sipariş [NAME_1] adına verildi");
    check("Eşim Ayşe Kılıç için arıyorum", "Eşim [NAME_1] için arıyorum");
    check("Saygılarımla, Onur Şahin", "Saygılarımla, [NAME_1]");
    check("مرحبا معك سامر الحلبي من جدة", "مرحبا معك [NAME_1] من جدة");
    check("انا اسمي نورة القحطاني وطلبي متأخر", "انا اسمي [NAME_1] وطلبي متأخر");
    check("باسم عبدالله الشمري", "باسم [NAME_1]");
    check("زوجتي هدى محمود عندها موعد", "زوجتي [NAME_1] عندها موعد");
    check("مع تحياتي خالد", "مع تحياتي [NAME_1]");
    check("Halo, saya Putri Amelia mau tanya", "Halo, saya [NAME_1] mau tanya");
    check("atas nama Bambang Wijaya", "atas nama [NAME_1]");
    check("nama pemesan: Ratna Sari", "nama pemesan: [NAME_1]");
    check("perkenalkan, nama saya Yoga Pratama", "perkenalkan, nama saya [NAME_1]");
    check("Salam, Hendra", "Salam, [NAME_1]");
    check("我是张伟，昨天下的单", "我是[NAME_1]，昨天下的单");
    check("收货人：欧阳娜娜", "收货人：[NAME_1]");
    check("我姓陈，订单还没发货", "我姓[NAME_1]，订单还没发货");
    check("您好，我叫周杰，想问一下", "您好，我叫[NAME_1]，想问一下");
    check("请联系王芳女士", "请联系[NAME_1]女士");
    check("联系人李建国", "联系人[NAME_1]");
    check("麻烦帮我把收件人改成赵丽颖", "麻烦帮我把收件人改成[NAME_1]");
    check("佐々木と申しますが", "[NAME_1]と申しますが");
    check("私、高橋健太と申します", "私、[NAME_1]と申します");
    check("名前は山田花子です", "名前は[NAME_1]です");
    check("お客様氏名　中村太郎", "お客様氏名　[NAME_1]");
    check("担当の鈴木さんに伝えてください", "担当の[NAME_1]さんに伝えてください");
    check("予約名：伊藤美咲", "予約名：[NAME_1]");
    check("안녕하세요 이서연입니다", "안녕하세요 [NAME_1]입니다");
    check("제 이름은 박준호이고요", "제 이름은 [NAME_1]이고요");
    check("예약자는 최수진입니다", "예약자는 [NAME_1]입니다");
    check("주문자명: 정민우", "주문자명: [NAME_1]");
    check("저는 김하늘이라고 해요", "저는 [NAME_1]이라고 해요");
    check("수령인을 오세훈으로 바꿔주세요", "수령인을 [NAME_1]으로 바꿔주세요");
    check("The account belongs to Eleanor Briggs", "The account belongs to [NAME_1]");
    check("last name Fitzgerald, first name Noah", "last name [NAME_1], first name [NAME_2]");
    check("first name: noah last name: fitzgerald", "first name: [NAME_1] last name: [NAME_2]");
    check("Ms Ada Obi ordered it", "Ms [NAME_1] ordered it");
    check("your technician Paul never showed up", "your technician [NAME_1] never showed up");
    check("my name - Luca Romano", "my name - [NAME_1]");
    check("yours, Theodora Vance", "yours, [NAME_1]");
    check("Regards Theodora Vance", "Regards [NAME_1]");
    check("thx, jonny", "thx, [NAME_1]");
    check("Ihr Fahrer Herr Schuster war unfreundlich", "Ihr Fahrer Herr [NAME_1] war unfreundlich");
    check("der Vertrag gehört Marion Zeller", "der Vertrag gehört [NAME_1]");
    check("mit besten Grüßen Ihre Ursula Behrens", "mit besten Grüßen Ihre [NAME_1]");
    check("Gruß Dieter", "Gruß [NAME_1]");
    check("la cuenta pertenece a Hugo Barrios", "la cuenta pertenece a [NAME_1]");
    check("nombre: raquel apellidos: soto vega", "nombre: [NAME_1] apellidos: [NAME_2]");
    check("mi hermana Pilar Gómez recoge el pedido", "mi hermana [NAME_1] recoge el pedido");
    check("atentamente, Nuria", "atentamente, [NAME_1]");
    check("un saludo Álvaro", "un saludo [NAME_1]");
    check("le compte appartient à Inès Caron", "le compte appartient à [NAME_1]");
    check("prénom : Léa, nom : Girard", "prénom : [NAME_1], nom : [NAME_2]");
    check("c'est Madame Roux", "c'est Madame [NAME_1]");
    check("cordialement Antoine Perrin", "cordialement [NAME_1]");
    check("nome: Marta cognome: Fabbri", "nome: [NAME_1] cognome: [NAME_2]");
    check("il conto è di Enrico Sala", "il conto è di [NAME_1]");
    check("cordiali saluti, Enrico Sala", "cordiali saluti, [NAME_1]");
    check("nome: Caio sobrenome: Mendes", "nome: [NAME_1] sobrenome: [NAME_2]");
    check("a conta pertence a Vitória Ramos", "a conta pertence a [NAME_1]");
    check("atenciosamente Caio Mendes", "atenciosamente [NAME_1]");
    check("iyi çalışmalar, Burcu", "iyi çalışmalar, [NAME_1]");
    check("الحساب باسم طلال الحربي", "الحساب باسم [NAME_1]");
    check("انا فيصل من الدمام", "انا [NAME_1] من الدمام");
    check("شكرا، ريم", "شكرا، [NAME_1]");
    check("nama depan Intan, nama belakang Permata", "nama depan [NAME_1], nama belakang [NAME_2]");
    check("akun ini milik Joko Susilo", "akun ini milik [NAME_1]");
    check("makasih, Wulan", "makasih, [NAME_1]");
    check("这个账户是李娜的", "这个账户是[NAME_1]的");
    check("户主陈晓明", "户主[NAME_1]");
    check("我先生王强", "我先生[NAME_1]");
    check("我爸爸叫刘德华", "我爸爸叫[NAME_1]");
    check("祝好，林雨", "祝好，[NAME_1]");
    check("母の佐藤恵子です", "母の[NAME_1]です");
    check("妻の名前は中村優子です", "妻の名前は[NAME_1]です");
    check("苗字は小川、名前は翔太", "苗字は[NAME_1]、名前は[NAME_2]");
    check("お世話になっております。渡辺です。", "お世話になっております。[NAME_1]です。");
    check("口座の名義はヤマダタロウです", "口座の名義は[NAME_1]です");
    check("田中太郎様", "[NAME_1]様");
    check("고객 이름 최민호", "고객 이름 [NAME_1]");
    check("어머니 성함은 윤정자입니다", "어머니 성함은 [NAME_1]입니다");
    check("김지훈입니다. 환불 문의드려요", "[NAME_1]입니다. 환불 문의드려요");
    check("보내는 사람 서지우", "보내는 사람 [NAME_1]");
    check("담당 기사님 이름이 한상진이에요", "담당 기사님 이름이 [NAME_1]이에요");
    check("the driver's name was Gareth", "the driver's name was [NAME_1]");
    check("name's Dorothy, I rang this morning", "name's [NAME_1], I rang this morning");
    check("This is Angela Fry. Where is my refund?", "This is [NAME_1]. Where is my refund?");
    check("I'm Peter from Wigan", "I'm [NAME_1] from Wigan");
    check("i am emily stone and my parcel is lost", "i am [NAME_1] and my parcel is lost");
    check("attn: Mr J. Hollis", "attn: Mr [NAME_1]");
    check("Dear team, my name is spelled Siân Rhys-Evans", "Dear team, my name is spelled [NAME_1]");
    check("greetings from Marlon", "greetings from [NAME_1]");
    check("Cheers, Bex", "Cheers, [NAME_1]");
    check("please ask for Mrs Delacroix", "please ask for Mrs [NAME_1]");
    check("contact: Rowan Achebe", "contact: [NAME_1]");
    check("reply to Imran Sheikh", "reply to [NAME_1]");
    check("Ansprechpartner: Ulf Hagen", "Ansprechpartner: [NAME_1]");
    check("Guten Morgen, Schmitz mein Name", "Guten Morgen, [NAME_1] mein Name");
    check("hier spricht Frau Ziegler", "hier spricht Frau [NAME_1]");
    check("gez. Armin Roth", "gez. [NAME_1]");
    check("Bestellt von Jutta Engel", "Bestellt von [NAME_1]");
    check("Soy Marta, os escribí ayer", "Soy [NAME_1], os escribí ayer");
    check("Habla Ernesto Villa", "Habla [NAME_1]");
    check("pregunten por Don Julián", "pregunten por [NAME_1]");
    check("persona de contacto: Sara Pons", "persona de contacto: [NAME_1]");
    check("Je suis Monsieur Delmas", "Je suis Monsieur [NAME_1]");
    check("à l'attention de Claire Vidal", "à l'attention de [NAME_1]");
    check("demandez Mme Tessier", "demandez Mme [NAME_1]");
    check("personne à contacter : Yann Le Goff", "personne à contacter : [NAME_1]");
    check("sono Elisa, vi ho scritto ieri", "sono [NAME_1], vi ho scritto ieri");
    check("referente: Bruno Testa", "referente: [NAME_1]");
    check("chiedete di Anna Rizzo", "chiedete di [NAME_1]");
    check("sou a Carla, liguei ontem", "sou a [NAME_1], liguei ontem");
    check("contacto: Miguel Antunes", "contacto: [NAME_1]");
    check("falar com a Dona Lurdes", "falar com a Dona [NAME_1]");
    check("Ben Ali Vural", "Ben [NAME_1]");
    check("ilgili kişi: Seda Güneş", "ilgili kişi: [NAME_1]");
    check("Murat Bey ile konuştum", "[NAME_1] Bey ile konuştum");
    check("الاسم: جواهر الدوسري", "الاسم: [NAME_1]");
    check("انا اسمي كريم", "انا اسمي [NAME_1]");
    check("saya Rina dari Bogor", "saya [NAME_1] dari Bogor");
    check("kontak: Bayu Saputra", "kontak: [NAME_1]");
    check("hubungi pak Surya", "hubungi pak [NAME_1]");
    check("联系人：唐小雨 电话见下", "联系人：[NAME_1] 电话见下");
    check("我的英文名是Kevin Zhao", "我的英文名是[NAME_1]");
    check("请找刘经理", "请找[NAME_1]经理");
    check("田村です、よろしくお願いします", "[NAME_1]です、よろしくお願いします");
    check("担当者：石川", "担当者：[NAME_1]");
    check("宛名を山口美穂に変更したい", "宛名を[NAME_1]に変更したい");
    check("수취인 이름을 배수지로 변경", "수취인 이름을 [NAME_1]로 변경");
}

#[test]
fn leaves_what_only_speaks_of_kin_codes_and_places() {
    for text in [
        "my mother is very upset about this delivery",
        "my husband and I can't log in",
        "I spoke to customer service yesterday",
        "speaking with an agent would be nice",
        "The name on the parcel is wrong",
        "change the name to something shorter",
        "it's under warranty",
        "best laptop for students",
        "thanks for nothing",
        "Love the new Design",
        "please deliver to my neighbour",
        "deliver between 10 and 12",
        "can I deliver 3 parcels to 2 addresses",
        "I moved 3 weeks ago",
        "I live in Berlin since 2019",
        "my address has 2 lines",
        "how do I reset my password, app version 4.2.1",
        "the code for the discount SUMMER20 does not work",
        "promo code WINTER-2024 expired",
        "error code 0x80070005 after update",
        "voucher code ABCD1234 not accepted",
        "password must contain 8 characters",
        "I need 2 keys for my door",
        "token expired after 30 minutes",
        "api returns error 500 on v2",
        "my car is a BMW 320i from 2018",
        "plate size 30 cm",
        "order 2024-11-02-88 not shipped",
        "model XR-200B, serial unknown",
        "mein Mann Probleme mit der App hat",
        "meine Frau Bestellung kam nie",
        "hier Geld zurück bitte",
        "ich wohne seit 3 Jahren hier",
        "Adresse ändern bis 18 Uhr möglich?",
        "Umzug am 12. März, was tun?",
        "mi madre no recibe el pedido",
        "vivo en un piso de 3 habitaciones",
        "soy cliente desde 2015",
        "sono molto deluso, vorrei un rimborso",
        "abito al terzo piano",
        "mon mari attend toujours",
        "je suis client depuis 10 ans",
        "a minha mãe não recebeu",
        "moro no 3 andar",
        "annem çok memnun kaldı",
        "ben iade istiyorum, lütfen",
        "adresim değişti, 2 gün oldu",
        "والدتي لم تستلم الطلب",
        "انا زعلان من الخدمة",
        "ibu saya belum menerima barang",
        "saya tinggal di lantai 3",
        "alamat saya berubah 2 hari lalu",
        "我妈没收到货",
        "我先生说颜色不对",
        "我是学生，有优惠吗",
        "名前は変更できますか",
        "母の日のギフトを注文しました",
        "担当の方に代わってください",
        "남편이 주문했는데 안 왔어요",
        "담당자 연락 부탁드립니다",
        "이름이 잘못됐어요",
        "passenger seat cover size",
        "patient information leaflet please",
        "family plan price",
        "Famille nombreuse, quelle réduction ?",
        "Familie mit Kindern, welcher Tarif?",
        "ticket for Saturday",
        "reservation for Monday at 8",
        "name from the list",
        "reserva para dos personas",
        "prenotazione per Sabato",
        "your courier DHL lost it",
        "Best Regards",
        "Kind regards",
        "Thanks in advance",
        "Hier Wird geholfen?",
    ] {
        check(text, text);
    }
}
