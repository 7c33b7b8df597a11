//! The chat's own words in the twelve languages.

/// One language's words. Fields stand in the order of the tables below.
pub(crate) struct Texts {
    pub(crate) language: &'static str,
    pub(crate) title: &'static str,
    pub(crate) greeting: &'static str,
    pub(crate) placeholder: &'static str,
    pub(crate) send: &'static str,
    pub(crate) close: &'static str,
    pub(crate) person: &'static str,
    pub(crate) new_chat: &'static str,
    pub(crate) download: &'static str,
    pub(crate) typing: &'static str,
    pub(crate) helpful: &'static str,
    pub(crate) unhelpful: &'static str,
    pub(crate) source: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) edge_ask: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    pub(crate) you: &'static str,
    pub(crate) assistant: &'static str,
    pub(crate) suggestions: &'static str,
    pub(crate) delivered: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) too_long: &'static str,
    pub(crate) failed: &'static str,
}

/// The words for a BCP 47 tag; English where the language is not spoken here.
pub(crate) fn texts_for(tag: &str) -> &'static Texts {
    let language = nearside_text::Language::from_tag(tag).map_or("en", nearside_text::Language::tag);
    let find = |wanted: &str| TEXTS.iter().find(|t| t.language == wanted);
    find(language).or_else(|| find(language.split('-').next().unwrap_or("en"))).unwrap_or(&TEXTS[0])
}

const fn texts(words: [&'static str; 24]) -> Texts {
    let [language, title, greeting, placeholder, send, close, person, new_chat, download, typing, helpful, unhelpful, source, offline, edge_ask, yes, no, you, assistant, suggestions, delivered, waiting, too_long, failed] =
        words;
    Texts { language, title, greeting, placeholder, send, close, person, new_chat, download, typing, helpful, unhelpful, source, offline, edge_ask, yes, no, you, assistant, suggestions, delivered, waiting, too_long, failed }
}

static TEXTS: [Texts; 13] = [
    texts([
        "en", "Help", "Hello! I am an assistant, not a person. I answer from our help articles, here in your browser, and show you the source.",
        "Ask a question…", "Send", "Close chat", "Talk to a person", "New conversation", "Download transcript", "The assistant is writing", "Helpful", "Not helpful",
        "Source", "You are offline. Answers still work; messages to our team are sent when you are back.",
        "I cannot compute answers on this device. May I ask our server? Your message is sent with e-mail addresses, phone and card numbers masked.", "Yes, ask the server", "No",
        "You", "Assistant", "Suggestions", "Your request has reached our team.", "Your request is kept and sent as soon as there is a connection.",
        "That message is too long: at most 4,000 characters.", "Something went wrong. Please try again or talk to a person.",
    ]),
    texts([
        "zh", "帮助", "您好！我是智能助手，不是真人。我在您的浏览器里根据帮助文章回答，并附上出处。",
        "请输入问题…", "发送", "关闭聊天", "转人工", "新对话", "下载聊天记录", "助手正在输入", "有帮助", "没帮助",
        "出处", "您已离线。仍可回答问题；发给客服的消息会在联网后送出。",
        "这台设备无法计算答案。可以询问我们的服务器吗？发送时会遮盖邮箱、电话和卡号。", "可以，询问服务器", "不用",
        "您", "助手", "建议", "您的请求已送达客服。", "您的请求已保存，联网后立即送出。",
        "消息太长，最多 4,000 个字符。", "出错了，请重试或转人工。",
    ]),
    texts([
        "zh-Hant", "說明", "您好！我是智慧助理，不是真人。我在您的瀏覽器裡根據說明文章回答，並附上出處。",
        "請輸入問題…", "傳送", "關閉聊天", "轉真人客服", "新對話", "下載聊天記錄", "助理正在輸入", "有幫助", "沒幫助",
        "出處", "您已離線。仍可回答問題；給客服的訊息會在連線後送出。",
        "這台裝置無法計算答案。可以詢問我們的伺服器嗎？傳送時會遮蓋電子郵件、電話和卡號。", "可以，詢問伺服器", "不用",
        "您", "助理", "建議", "您的請求已送達客服。", "您的請求已保存，連線後立即送出。",
        "訊息太長，最多 4,000 個字元。", "發生錯誤，請重試或轉真人客服。",
    ]),
    texts([
        "ja", "ヘルプ", "こんにちは。私は人ではなくアシスタントです。お使いのブラウザの中でヘルプ記事からお答えし、出典を示します。",
        "質問を入力…", "送信", "チャットを閉じる", "担当者と話す", "新しい会話", "会話をダウンロード", "アシスタントが入力中", "役に立った", "役に立たなかった",
        "出典", "オフラインです。回答は続けられます。担当者へのメッセージは接続後に送信されます。",
        "この端末では回答を計算できません。サーバーに問い合わせてもよいですか。メールアドレス、電話番号、カード番号は伏せて送信します。", "はい、問い合わせる", "いいえ",
        "あなた", "アシスタント", "候補", "ご依頼は担当者に届きました。", "ご依頼を保存しました。接続され次第送信します。",
        "メッセージが長すぎます。4,000 文字以内で入力してください。", "問題が発生しました。もう一度試すか、担当者にご相談ください。",
    ]),
    texts([
        "ko", "도움말", "안녕하세요! 저는 사람이 아니라 도우미입니다. 브라우저 안에서 도움말 문서를 바탕으로 답하고 출처를 보여 드립니다.",
        "질문을 입력하세요…", "보내기", "채팅 닫기", "상담원 연결", "새 대화", "대화 내려받기", "도우미가 입력 중입니다", "도움이 됨", "도움이 안 됨",
        "출처", "오프라인입니다. 답변은 계속 가능하며, 상담원에게 보내는 메시지는 연결되면 전송됩니다.",
        "이 기기에서는 답을 계산할 수 없습니다. 서버에 물어봐도 될까요? 이메일, 전화번호, 카드 번호는 가려서 보냅니다.", "네, 서버에 문의", "아니요",
        "나", "도우미", "추천", "요청이 상담팀에 전달되었습니다.", "요청을 저장했으며 연결되는 즉시 보냅니다.",
        "메시지가 너무 깁니다. 최대 4,000자입니다.", "문제가 발생했습니다. 다시 시도하거나 상담원에게 문의하세요.",
    ]),
    texts([
        "es", "Ayuda", "¡Hola! Soy un asistente, no una persona. Respondo con nuestros artículos de ayuda, aquí en su navegador, y muestro la fuente.",
        "Haga una pregunta…", "Enviar", "Cerrar el chat", "Hablar con una persona", "Nueva conversación", "Descargar la conversación", "El asistente está escribiendo", "Útil", "No es útil",
        "Fuente", "Está sin conexión. Las respuestas siguen funcionando; los mensajes a nuestro equipo se enviarán al volver la conexión.",
        "No puedo calcular respuestas en este dispositivo. ¿Puedo preguntar a nuestro servidor? Su mensaje se envía con correos, teléfonos y tarjetas ocultos.", "Sí, preguntar al servidor", "No",
        "Usted", "Asistente", "Sugerencias", "Su solicitud ha llegado a nuestro equipo.", "Su solicitud se guarda y se enviará en cuanto haya conexión.",
        "El mensaje es demasiado largo: 4.000 caracteres como máximo.", "Algo ha fallado. Inténtelo de nuevo o hable con una persona.",
    ]),
    texts([
        "de", "Hilfe", "Hallo! Ich bin ein Assistent, kein Mensch. Ich antworte aus unseren Hilfeartikeln, hier in Ihrem Browser, und nenne die Quelle.",
        "Stellen Sie eine Frage …", "Senden", "Chat schließen", "Mit einem Menschen sprechen", "Neues Gespräch", "Gespräch herunterladen", "Der Assistent schreibt", "Hilfreich", "Nicht hilfreich",
        "Quelle", "Sie sind offline. Antworten gibt es weiterhin; Nachrichten an unser Team werden gesendet, sobald Sie wieder online sind.",
        "Auf diesem Gerät kann ich keine Antworten berechnen. Darf ich unseren Server fragen? E-Mail-Adressen, Telefon- und Kartennummern werden vorher verdeckt.", "Ja, Server fragen", "Nein",
        "Sie", "Assistent", "Vorschläge", "Ihre Anfrage ist bei unserem Team angekommen.", "Ihre Anfrage ist gespeichert und wird gesendet, sobald eine Verbindung besteht.",
        "Die Nachricht ist zu lang: höchstens 4.000 Zeichen.", "Etwas ist schiefgegangen. Versuchen Sie es noch einmal oder sprechen Sie mit einem Menschen.",
    ]),
    texts([
        "fr", "Aide", "Bonjour ! Je suis un assistant, pas une personne. Je réponds d’après nos articles d’aide, ici dans votre navigateur, et j’indique la source.",
        "Posez une question…", "Envoyer", "Fermer le chat", "Parler à une personne", "Nouvelle conversation", "Télécharger la conversation", "L’assistant écrit", "Utile", "Pas utile",
        "Source", "Vous êtes hors ligne. Les réponses fonctionnent toujours ; les messages à notre équipe partiront au retour de la connexion.",
        "Je ne peux pas calculer de réponse sur cet appareil. Puis-je interroger notre serveur ? Adresses e-mail, numéros de téléphone et de carte sont masqués.", "Oui, interroger le serveur", "Non",
        "Vous", "Assistant", "Suggestions", "Votre demande est parvenue à notre équipe.", "Votre demande est conservée et partira dès qu’il y aura une connexion.",
        "Ce message est trop long : 4 000 caractères au plus.", "Une erreur s’est produite. Réessayez ou parlez à une personne.",
    ]),
    texts([
        "it", "Aiuto", "Ciao! Sono un assistente, non una persona. Rispondo dai nostri articoli di aiuto, qui nel tuo browser, e mostro la fonte.",
        "Fai una domanda…", "Invia", "Chiudi la chat", "Parla con una persona", "Nuova conversazione", "Scarica la conversazione", "L’assistente sta scrivendo", "Utile", "Non utile",
        "Fonte", "Sei offline. Le risposte funzionano ancora; i messaggi al nostro team partiranno al ritorno della connessione.",
        "Non posso calcolare risposte su questo dispositivo. Posso chiedere al nostro server? E-mail, numeri di telefono e di carta vengono oscurati.", "Sì, chiedi al server", "No",
        "Tu", "Assistente", "Suggerimenti", "La tua richiesta è arrivata al nostro team.", "La tua richiesta è salvata e partirà appena c’è connessione.",
        "Il messaggio è troppo lungo: al massimo 4.000 caratteri.", "Qualcosa è andato storto. Riprova o parla con una persona.",
    ]),
    texts([
        "pt", "Ajuda", "Olá! Sou um assistente, não uma pessoa. Respondo com os nossos artigos de ajuda, aqui no seu navegador, e mostro a fonte.",
        "Faça uma pergunta…", "Enviar", "Fechar o chat", "Falar com uma pessoa", "Nova conversa", "Baixar a conversa", "O assistente está escrevendo", "Útil", "Não foi útil",
        "Fonte", "Você está sem conexão. As respostas continuam; as mensagens à nossa equipe serão enviadas quando a conexão voltar.",
        "Não consigo calcular respostas neste dispositivo. Posso perguntar ao nosso servidor? E-mails, telefones e cartões são ocultados antes do envio.", "Sim, perguntar ao servidor", "Não",
        "Você", "Assistente", "Sugestões", "O seu pedido chegou à nossa equipe.", "O seu pedido está guardado e será enviado assim que houver conexão.",
        "A mensagem é longa demais: no máximo 4.000 caracteres.", "Algo deu errado. Tente de novo ou fale com uma pessoa.",
    ]),
    texts([
        "tr", "Yardım", "Merhaba! Ben bir asistanım, insan değilim. Yardım makalelerimizden, burada tarayıcınızda yanıt verir ve kaynağı gösteririm.",
        "Bir soru sorun…", "Gönder", "Sohbeti kapat", "Bir kişiyle görüş", "Yeni sohbet", "Sohbeti indir", "Asistan yazıyor", "Yararlı", "Yararlı değil",
        "Kaynak", "Çevrimdışısınız. Yanıtlar çalışmaya devam eder; ekibimize mesajlar bağlantı gelince gönderilir.",
        "Bu cihazda yanıt hesaplayamıyorum. Sunucumuza sorabilir miyim? E-posta, telefon ve kart numaraları gizlenerek gönderilir.", "Evet, sunucuya sor", "Hayır",
        "Siz", "Asistan", "Öneriler", "Talebiniz ekibimize ulaştı.", "Talebiniz saklandı, bağlantı gelir gelmez gönderilecek.",
        "Mesaj çok uzun: en fazla 4.000 karakter.", "Bir sorun oluştu. Yeniden deneyin veya bir kişiyle görüşün.",
    ]),
    texts([
        "ar", "المساعدة", "مرحبًا! أنا مساعد آلي ولست شخصًا. أجيب من مقالات المساعدة هنا في متصفحك وأعرض المصدر.",
        "اكتب سؤالك…", "إرسال", "إغلاق الدردشة", "التحدث إلى شخص", "محادثة جديدة", "تنزيل المحادثة", "المساعد يكتب", "مفيد", "غير مفيد",
        "المصدر", "أنت غير متصل. ما زالت الإجابات تعمل، وتُرسل الرسائل إلى فريقنا عند عودة الاتصال.",
        "لا يمكنني حساب الإجابات على هذا الجهاز. هل أسأل خادمنا؟ تُخفى عناوين البريد وأرقام الهاتف والبطاقات قبل الإرسال.", "نعم، اسأل الخادم", "لا",
        "أنت", "المساعد", "اقتراحات", "وصل طلبك إلى فريقنا.", "حُفظ طلبك وسيُرسل فور توفر الاتصال.",
        "الرسالة طويلة جدًا: 4000 حرف على الأكثر.", "حدث خطأ ما. حاول مرة أخرى أو تحدث إلى شخص.",
    ]),
    texts([
        "id", "Bantuan", "Halo! Saya asisten, bukan manusia. Saya menjawab dari artikel bantuan kami, di peramban Anda, dan menunjukkan sumbernya.",
        "Ajukan pertanyaan…", "Kirim", "Tutup obrolan", "Bicara dengan petugas", "Percakapan baru", "Unduh percakapan", "Asisten sedang menulis", "Membantu", "Tidak membantu",
        "Sumber", "Anda sedang luring. Jawaban tetap berfungsi; pesan ke tim kami dikirim saat tersambung lagi.",
        "Saya tidak dapat menghitung jawaban di perangkat ini. Boleh saya bertanya ke server kami? Alamat email, nomor telepon, dan kartu disamarkan.", "Ya, tanya server", "Tidak",
        "Anda", "Asisten", "Saran", "Permintaan Anda sudah sampai ke tim kami.", "Permintaan Anda disimpan dan dikirim begitu ada koneksi.",
        "Pesan terlalu panjang: paling banyak 4.000 karakter.", "Ada yang salah. Coba lagi atau bicara dengan petugas.",
    ]),
];
