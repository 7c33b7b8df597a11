//! Who is called what, and who only speaks of a name.

use super::check;

#[test]
fn finds_names_in_any_case_and_with_particles() {
    check("my name’s Dorian Hexley", "my name’s [NAME_1]");
    check("Je m’appelle Élodie Marchand et je veux un remboursement", "Je m’appelle [NAME_1] et je veux un remboursement");
    check("my name is dorian hexley", "my name is [NAME_1]");
    check("my name is dorian hexley and my parcel is late", "my name is [NAME_1] and my parcel is late");
    check("Ich heiße Jürgen von der Weide", "Ich heiße [NAME_1]");
    check("ich heiße jürgen von der weide", "ich heiße [NAME_1]");
    check("me llamo María de la Cruz", "me llamo [NAME_1]");
    check("mi nombre es maria de la cruz garcia", "mi nombre es [NAME_1]");
    check("Mein Name lautet Hans-Peter Schmidt.", "Mein Name lautet [NAME_1].");
    check("I'm called Ngozi Adeyemi", "I'm called [NAME_1]");
    check("Name: John Smith", "Name: [NAME_1]");
    check("signed, Peter Parker", "signed, [NAME_1]");
    check("Kind regards,\nAnna Schmidt", "Kind regards,\n[NAME_1]");
    check("Gruß, Thomas", "Gruß, [NAME_1]");
    check("Mit freundlichen Grüßen\nKatharina Vogel", "Mit freundlichen Grüßen\n[NAME_1]");
    check("this is maria lopez speaking", "this is [NAME_1] speaking");
    check("Hello, this is Mark Evans calling about my order", "Hello, this is [NAME_1] calling about my order");
    check("Please ask Mr. Hexley or Mrs. O'Connor", "Please ask Mr. [NAME_1] or Mrs. [NAME_2]");
    check("Frau Schneider hat bestellt", "Frau [NAME_1] hat bestellt");
    check("la señora Gutiérrez llamó", "la señora [NAME_1] llamó");
    check("the order is in the name of Dorian Hexley", "the order is in the name of [NAME_1]");
    check("account holder Maria Silva", "account holder [NAME_1]");
    check("account holder: Maria Silva", "account holder: [NAME_1]");
    check("je suis Pierre Dupont", "je suis [NAME_1]");
    check("mi chiamo luca bianchi", "mi chiamo [NAME_1]");
    check("chamo-me João da Silva", "chamo-me [NAME_1]");
    check("sou a Ana Paula dos Santos", "sou a [NAME_1]");
    check("nama saya budi santoso", "nama saya [NAME_1]");
    check("Nama saya Siti Nurhaliza, pesanan saya belum datang", "Nama saya [NAME_1], pesanan saya belum datang");
    check("ismim Ayşe Yılmaz", "ismim [NAME_1]");
    check("benim adım mehmet öztürk", "benim adım [NAME_1]");
    check("我是王小明，想退货", "我是[NAME_1]，想退货");
    check("我叫李雷", "我叫[NAME_1]");
    check("敝姓王，王先生", "敝姓[NAME_1]，[NAME_1]先生");
    check("田中と申します", "[NAME_1]と申します");
    check("私の名前は佐藤健です", "私の名前は[NAME_1]です");
    check("김민수라고 합니다", "[NAME_1]라고 합니다");
    check("제 이름은 박지영이에요", "제 이름은 [NAME_1]이에요");
    check("저는 김민수입니다", "저는 [NAME_1]입니다");
    check("اسمي محمد العتيبي وأريد إرجاع المنتج", "اسمي [NAME_1] وأريد إرجاع المنتج");
    check("أنا أحمد خالد", "أنا [NAME_1]");
    check("السيد خالد منصور", "السيد [NAME_1]");
    check("مع تحياتي، سارة محمد", "مع تحياتي، [NAME_1]");
    check("الاسم: فاطمة الزهراء", "الاسم: [NAME_1]");
    check("Ahmet Bey aradı", "[NAME_1] Bey aradı");
    check("Sayın Mehmet Demir", "Sayın [NAME_1]");
    check("atas nama Dewi Lestari", "atas nama [NAME_1]");
    check("an Herrn Müller", "an Herrn [NAME_1]");
    check("Hi, I'm Sarah and my order is late", "Hi, I'm [NAME_1] and my order is late");
    check("I am Priya Patel.", "I am [NAME_1].");
    check("hola, soy Carlos Ruiz", "hola, soy [NAME_1]");
    check("Ciao, sono Marco Rossi", "Ciao, sono [NAME_1]");
    check("Guten Tag, ich bin Anna Müller.", "Guten Tag, ich bin [NAME_1].");
    check("Merhaba, ben Zeynep Kaya", "Merhaba, ben [NAME_1]");
    check("Halo, saya Andi Wijaya", "Halo, saya [NAME_1]");
    check("お世話になっております。山田です。", "お世話になっております。[NAME_1]です。");
    check("山田様宛の荷物", "[NAME_1]様宛の荷物");
    check("收件人：张伟", "收件人：[NAME_1]");
    check("户名是刘洋", "户名是[NAME_1]");
    check("예금주 이영희", "예금주 [NAME_1]");
    check("이름: 최수진", "이름: [NAME_1]");
    check("MY NAME IS DORIAN HEXLEY", "MY NAME IS [NAME_1]");
    check("hi my name is anna", "hi my name is [NAME_1]");
    check("name is on order 12, my name is Ludwig van Beethoven", "name is on order 12, my name is [NAME_1]");
    check("Vorname: Anna\nNachname: Müller", "Vorname: [NAME_1]\nNachname: [NAME_2]");
    check("À: mon nom est Jean-François d'Arcy", "À: mon nom est [NAME_1]");
    check("I am called Ahmed bin Khalid al-Farsi", "I am called [NAME_1]");
    check("je m'appelle élodie de saint-exupéry merci", "je m'appelle [NAME_1] merci");
    check("a nombre de Lucía Fernández", "a nombre de [NAME_1]");
    check("au nom de Claire Martin", "au nom de [NAME_1]");
    check("a nome di Giulia Verdi", "a nome di [NAME_1]");
    check("em nome de Pedro Alves", "em nome de [NAME_1]");
    check("auf den Namen Sabine Vogt", "auf den Namen [NAME_1]");
    check("My full name is Anne Marie O'Neill", "My full name is [NAME_1]");
    check("Thanks, Dorian", "Thanks, [NAME_1]");
    check("Saludos,\nCarmen Ortega", "Saludos,\n[NAME_1]");
    check("Cordialement, Luc Besson", "Cordialement, [NAME_1]");
    check("Saygılarımla, Elif Şahin", "Saygılarımla, [NAME_1]");
    check("此致 敬礼\n王小明", "此致 敬礼\n[NAME_1]");
    check("よろしくお願いいたします。\n鈴木花子", "よろしくお願いいたします。\n[NAME_1]");
    check("감사합니다.\n김민수 드림", "감사합니다.\n[NAME_1] 드림");
}

#[test]
fn leaves_questions_about_a_name() {
    for text in [
        "私は返品したいです",
        "私は会員です",
        "私は学生です",
        "私は購入者です",
        "名前は間違っています",
        "私の名前は表示されません",
        "名前は正しいです",
        "名前は登録済みです",
        "我的名字是错的",
        "我的名字是错误的",
        "我的名字写错了",
        "我是老客户",
        "我是高级会员",
        "我是安卓用户",
        "我叫了外卖",
        "我是昨天下的单",
        "这是金色的",
        "اسمي خطأ في الفاتورة",
        "اسمي غير صحيح",
        "اسمي مكتوب بشكل خاطئ",
        "اسمي لا يظهر في الفاتورة",
        "اسمي على الفاتورة غلط",
        "أنا غاضب جدا",
        "أنا عميل قديم",
        "adım yanlış yazılmış",
        "adım faturada görünmüyor",
        "adım eksik",
        "Adım hatalı yazılmış",
        "adım adım anlatır mısınız",
        "ismim doğru değil",
        "mi nombre es incorrecto",
        "mi nombre está mal escrito",
        "mi nombre es erróneo en la factura",
        "my name is misspelt",
        "my name is spelled wrong",
        "my name is not showing",
        "my name is on the invoice twice",
        "My name is Spelled Wrong",
        "MY NAME IS WRONG",
        "my name is missing from the account",
        "my name is incorrectly printed",
        "my name is different on the bill",
        "my name is being displayed wrong",
        "my name is pronounced differently",
        "mein name ist falsch geschrieben",
        "Mein Name ist nicht richtig",
        "mein Name ist auf der Rechnung falsch",
        "Mein Name ist falsch",
        "mon nom est mal orthographié",
        "mon nom est incorrect",
        "mon nom est écrit avec une faute",
        "il mio nome è sbagliato",
        "il mio nome è scritto male",
        "meu nome é errado",
        "meu nome está errado",
        "o meu nome é escrito com dois L",
        "nama saya salah ditulis",
        "nama saya tidak muncul",
        "nama saya di faktur salah",
        "nama saya kurang lengkap",
        "제 이름은 잘못 표기되었습니다",
        "제 이름이 틀렸어요",
        "저는 환불하고 싶어요",
        "저는 신규 회원입니다",
        "저는 구매자입니다",
        "저는 한국인입니다",
        "제 이름은 맞습니다",
        "name: does not match",
        "product name: Halo Buds",
        "user name: blue",
        "I am very upset",
        "I'm Very Upset",
        "I am German",
        "this is ridiculous",
        "this is Halo Buds and it's Great Sound",
        "je suis Content",
        "ich bin Kunde",
        "Ich bin Premium Kunde",
        "ich bin sehr zufrieden",
        "soy cliente nuevo",
        "Thanks, that works",
        "Regards",
        "Best price please",
        "call me tomorrow",
        "call me back",
        "in the name of the company",
        "on behalf of my mother",
        "account holder is wrong",
        "the cardholder name does not match",
        "Miss the old version",
        "danke, das hat geholfen",
        "Gracias, ya funciona",
        "dame tu nombre: no lo sé",
        "اسمي الكامل غير موجود",
        "ismim kutuda yok",
        "Name auf der Rechnung: falsch",
        "mon nom est absent de la facture",
        "il mio nome è stampato male sulla fattura",
        "o meu nome é diferente no cartão",
        "nama saya berbeda di faktur",
        "我的名字是空白的",
        "我的名字是乱码",
        "私の名前は空欄です",
        "私は満足です",
        "私は主婦です",
        "이름이 다르게 나와요",
        "저는 만족합니다",
        "이름은 영문으로 표기됩니다",
    ] {
        check(text, text);
    }
}

#[test]
fn finds_names_in_signatures_titles_and_introductions() {
    check(
        "Guten Tag, mein Name ist Friedrich-Wilhelm Graf von Hohenstein und ich warte auf mein Paket.",
        "Guten Tag, mein Name ist [NAME_1] und ich warte auf mein Paket.",
    );
    check("hello, i'm john smith and i never received my parcel", "hello, i'm [NAME_1] and i never received my parcel");
    check("Hi there, John Smith here.", "Hi there, [NAME_1] here.");
    check("It's me, Maria Gonzalez.", "It's me, [NAME_1].");
    check("Please address it to Mr James O'Neil", "Please address it to Mr [NAME_1]");
    check("Die Bestellung läuft auf Herrn Dr. Klaus Weber", "Die Bestellung läuft auf Herrn [NAME_1]");
    check("Bonjour, ici Mme Dubois", "Bonjour, ici Mme [NAME_1]");
    check("Je suis Mme Dubois", "Je suis Mme [NAME_1]");
    check("Sono la signora Rossi", "Sono la signora [NAME_1]");
    check("Sig. Rossi", "Sig. [NAME_1]");
    check("O meu nome é joão pedro", "O meu nome é [NAME_1]");
    check("Sou o Tiago Ferreira", "Sou o [NAME_1]");
    check("Olá, aqui é a Mariana Costa", "Olá, aqui é a [NAME_1]");
    check("Selam, ismim Can Demir", "Selam, ismim [NAME_1]");
    check("Ben Ahmet Yılmaz, siparişim gelmedi", "Ben [NAME_1], siparişim gelmedi");
    check("adım Dan değil, Can", "adım [NAME_1] değil, Can");
    check("Perkenalkan, saya Rina Kartika", "Perkenalkan, saya [NAME_1]");
    check("Pesanan atas nama: Rina Kartika", "Pesanan atas nama: [NAME_1]");
    check("معك أحمد المصري من القاهرة", "معك [NAME_1] من القاهرة");
    check("أنا فاطمة بنت محمد", "أنا [NAME_1]");
    check("اسمي الكريم عبد الرحمن الحربي", "اسمي الكريم [NAME_1]");
    check("我姓陈，叫陈思远", "我姓[NAME_1]，叫陈思远");
    check("您好，我是陈思远", "您好，我是[NAME_1]");
    check("我叫欧阳娜娜", "我叫[NAME_1]");
    check("我叫安娜·穆勒", "我叫[NAME_1]");
    check("本人姓名：赵丽颖", "本人姓名：[NAME_1]");
    check("我叫做林俊杰，手机13812345678", "我叫做[NAME_1]，手机[PHONE_1]");
    check("佐藤と申しますが", "[NAME_1]と申しますが");
    check("はじめまして、高橋美咲といいます", "はじめまして、[NAME_1]といいます");
    check("名前：伊藤健一", "名前：[NAME_1]");
    check("ジョン・スミスと申します", "[NAME_1]と申します");
    check("저는 박서준이라고 합니다", "저는 [NAME_1]이라고 합니다");
    check("안녕하세요 이수민입니다", "안녕하세요 [NAME_1]입니다");
    check("고객명: 정우성", "고객명: [NAME_1]");
    check("주문자 성함은 한지민입니다", "주문자 성함은 [NAME_1]입니다");
    check("My surname is Featherstonehaugh", "My surname is [NAME_1]");
    check("last name: van den Berg", "last name: [NAME_1]");
    check("Anna Schmidt, 12 Oak Road, Leeds LS1 4AB", "[NAME_1], [ADDRESS_1]");
    check("cardholder's name: PETER PAN", "cardholder's name: [NAME_1]");
    check("The account is under Dorian Hexley", "The account is under [NAME_1]");
    check("in my husband's name, Peter Hexley", "in my husband's name, [NAME_1]");
    check("Viele Grüße Thomas Müller", "Viele Grüße [NAME_1]");
    check("Mit freundlichen Grüßen Katharina Vogel", "Mit freundlichen Grüßen [NAME_1]");
    check("Un saludo, Pepe García López", "Un saludo, [NAME_1]");
    check("my name is Xi", "my name is [NAME_1]");
    check("my name is o'connor", "my name is [NAME_1]");
    check("my name is mary-jane watson", "my name is [NAME_1]");
    check("i'm called bob", "i'm called [NAME_1]");
    check("you can call me Alex", "you can call me [NAME_1]");
    check("my name: Rajesh Kumar", "my name: [NAME_1]");
    check("mi nombre: Luis Pérez", "mi nombre: [NAME_1]");
    check("the name is Bond, James Bond", "the name is [NAME_1], [NAME_2]");
    check("Dorian Hexley is my name", "[NAME_1] is my name");
    check("Yours sincerely\nDorian Hexley", "Yours sincerely\n[NAME_1]");
    check("Best,\nDorian", "Best,\n[NAME_1]");
    check("Thanks!\nDorian Hexley", "Thanks!\n[NAME_1]");
    check("Bien à vous,\nÉlodie", "Bien à vous,\n[NAME_1]");
}
