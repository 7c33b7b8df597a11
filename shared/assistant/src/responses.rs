//! The assistant's own sentences, where no article speaks.

use nearside_dialogue::SmallTalk;
use serde::{Deserialize, Serialize};

/// One sentence for each occasion; a domain may replace any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responses {
    /// The first words of a conversation, which say that an assistant speaks.
    pub greet: String,
    /// A greeting returned later on.
    pub greet_again: String,
    /// "You are welcome."
    pub welcome: String,
    /// "Good-bye."
    pub leave: String,
    /// Before the choices of a clarifying question.
    pub clarify: String,
    /// "I do not know", with the offer of a person.
    pub unknown: String,
    /// A person is being brought in because the visitor asked.
    pub handoff: String,
    /// A person is being brought in because three turns went unanswered.
    pub handoff_unresolved: String,
    /// A person has been asked for already.
    pub handoff_again: String,
    /// After a thumbs up.
    pub helpful: String,
    /// After a thumbs down.
    pub unhelpful: String,
    /// The article that was chosen is gone.
    pub gone: String,
    /// The label of the button that brings a person.
    pub person_label: String,
}

impl Responses {
    /// The sentences of `language` (a primary subtag); English where it has none.
    pub fn default_for(language: &str) -> Self {
        let [
            greet,
            greet_again,
            welcome,
            leave,
            clarify,
            unknown,
            handoff,
            handoff_unresolved,
            handoff_again,
            helpful,
            unhelpful,
            gone,
            person_label,
        ] = if language == "zh" { ZH } else { EN }.map(str::to_owned);
        Self {
            greet,
            greet_again,
            welcome,
            leave,
            clarify,
            unknown,
            handoff,
            handoff_unresolved,
            handoff_again,
            helpful,
            unhelpful,
            gone,
            person_label,
        }
    }
}

const EN: [&str; 13] = [
    "Hello! I am an assistant, not a person. I answer from our help articles and show you the source. What can I do for you?",
    "Hello again! What can I do for you?",
    "You are welcome. Is there anything else?",
    "Good-bye, and thank you for stopping by.",
    "I am not sure which of these you mean:",
    "I do not know the answer to that. You can put it another way, or talk to a person.",
    "All right, I am passing this to a colleague, with what we have talked about so far.",
    "I have not been able to help, so I am passing this to a colleague, with what we have talked about so far.",
    "A colleague has your request already and will answer here.",
    "Thank you, good to know.",
    "Sorry about that. Put it another way, or talk to a person.",
    "That article is no longer available. Please ask me again.",
    "Talk to a person",
];

const ZH: [&str; 13] = [
    "您好！我是智能助手，不是真人。我根据帮助文章回答，并附上出处。请问有什么可以帮您？",
    "您好！还有什么可以帮您？",
    "不客气。还有其他问题吗？",
    "再见，感谢您的光临。",
    "我不太确定，您想问的是哪一个？",
    "这个问题我不知道答案。您可以换个说法，或者转人工服务。",
    "好的，我这就把我们的对话转给同事跟进。",
    "很抱歉没能帮到您，我这就把我们的对话转给同事跟进。",
    "同事已经收到您的请求，会在这里回复您。",
    "谢谢您的反馈。",
    "很抱歉。您可以换个说法，或者转人工服务。",
    "这篇文章已下架，请重新提问。",
    "转人工",
];

/// Small talk as classes of the classifier; `@` keeps them apart from articles' ids.
pub(crate) const SMALL_TALK: [(&str, SmallTalk); 4] =
    [("@greet", SmallTalk::Greet), ("@leave", SmallTalk::Leave), ("@person", SmallTalk::WantPerson), ("@thank", SmallTalk::Thank)];

/// How visitors say each of [`SMALL_TALK`] in `language`.
#[cfg(feature = "build")]
pub(crate) fn small_talk_examples(language: &str) -> [&'static [&'static str]; 4] {
    if language == "zh" {
        return [
            &["你好", "您好", "在吗", "嗨", "早上好", "下午好", "晚上好", "有人吗", "你好呀", "哈喽"],
            &["再见", "拜拜", "没事了", "先这样吧", "下次再聊", "不用了再见"],
            &[
                "转人工",
                "人工客服",
                "我要找真人",
                "找客服",
                "我想和人说话",
                "转接人工服务",
                "不要机器人",
                "叫你们的人来",
                "能不能给我接个真人",
                "人工",
            ],
            &["谢谢", "多谢", "谢谢你", "太感谢了", "好的谢谢", "非常感谢", "解决了谢谢"],
        ];
    }
    [
        &["hello", "hi", "hey", "good morning", "good afternoon", "hi there", "hello there", "good evening", "hey you"],
        &["bye", "goodbye", "see you", "that's all", "nothing else bye", "have a nice day", "that is all for today"],
        &[
            "talk to a person",
            "human please",
            "I want to speak to a human",
            "connect me to an agent",
            "real person",
            "customer service representative",
            "can I talk to someone",
            "let me speak with a representative",
            "not a bot, a human",
            "agent",
            "speak to somebody real",
            "put me through to support staff",
        ],
        &[
            "thanks",
            "thank you",
            "thank you very much",
            "great thanks",
            "cheers",
            "perfect, thank you",
            "that helped, thanks",
            "many thanks",
        ],
    ]
}
