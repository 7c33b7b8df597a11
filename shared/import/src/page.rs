//! A page of headings and text into articles: one, or one a question.

use crate::rich::{Block, unmarked};

/// An article of a page, before the page's own facts are added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub title: String,
    pub body: String,
    /// The heading above its own, where there is one.
    pub group: Option<String>,
}

/// How a page was cut.
pub(crate) struct Cut {
    pub sections: Vec<Section>,
    /// Whether each section is one of the page's questions.
    pub is_split: bool,
    /// Words that stood before the first question and are in no article.
    pub introduction: usize,
    /// Questions with nothing under them.
    pub unanswered: Vec<String>,
}

/// Words that begin a question where no question mark ends it, in the twelve languages.
const ASKING: &[&str] = &[
    "how",
    "what",
    "why",
    "when",
    "where",
    "who",
    "which",
    "can",
    "do",
    "does",
    "is",
    "are",
    "will",
    "should",
    "wie",
    "was",
    "warum",
    "wann",
    "wo",
    "wer",
    "welche",
    "welcher",
    "kann",
    "können",
    "wieso",
    "cómo",
    "qué",
    "por",
    "cuándo",
    "dónde",
    "quién",
    "cuál",
    "cuánto",
    "puedo",
    "comment",
    "pourquoi",
    "quand",
    "où",
    "qui",
    "quel",
    "quelle",
    "quels",
    "quelles",
    "combien",
    "puis-je",
    "est-ce",
    "come",
    "cosa",
    "perché",
    "quando",
    "dove",
    "chi",
    "quale",
    "quanto",
    "posso",
    "como",
    "onde",
    "qual",
    "nasıl",
    "neden",
    "nerede",
    "hangi",
    "كيف",
    "ما",
    "ماذا",
    "لماذا",
    "متى",
    "أين",
    "من",
    "هل",
    "كم",
    "bagaimana",
    "apa",
    "apakah",
    "mengapa",
    "kenapa",
    "kapan",
    "berapa",
    "dimana",
    "bisakah",
];

/// Whether a heading asks something.
pub(crate) fn asks(heading: &str) -> bool {
    let heading = heading.trim();
    if heading.ends_with(['?', '？', '؟']) || heading.contains(['¿']) {
        return true;
    }
    let ends = ["吗", "呢", "么", "か", "か。", "까", "나요", "가요", "는지"].iter().any(|end| heading.ends_with(end));
    let holds = ["怎么", "如何", "什么", "为什么", "哪", "怎樣", "怎麼", "어떻게", "どう", "何"].iter().any(|word| heading.contains(word));
    let first = heading.split_whitespace().next().unwrap_or_default().to_lowercase();
    ends || holds || (ASKING.contains(&first.as_str()) && heading.split_whitespace().count() > 2)
}

/// Signs of a question in pages of the form "Q: …" / "A: …".
const QUESTION_MARKS: &[&str] = &[
    "q:",
    "q.",
    "question:",
    "question :",
    "frage:",
    "f:",
    "pregunta:",
    "p:",
    "domanda:",
    "d:",
    "pergunta:",
    "soru:",
    "s:",
    "问：",
    "问:",
    "問：",
    "q：",
    "질문:",
    "tanya:",
    "س:",
];

/// Signs of an answer there.
const ANSWER_MARKS: &[&str] = &[
    "a:",
    "a.",
    "answer:",
    "antwort:",
    "respuesta:",
    "r:",
    "réponse :",
    "réponse:",
    "risposta:",
    "resposta:",
    "cevap:",
    "c:",
    "答：",
    "答:",
    "a：",
    "답변:",
    "jawab:",
    "ج:",
];

/// What follows the first of `marks` that `text` begins with.
fn after_mark<'a>(text: &'a str, marks: &[&str]) -> Option<&'a str> {
    let text = text.trim_start_matches("**");
    let starts = |mark: &&&str| text.chars().flat_map(char::to_lowercase).take(mark.chars().count()).eq(mark.chars());
    let mark = marks.iter().find(starts)?;
    let rest = text.char_indices().nth(mark.chars().count()).map_or("", |(at, _)| &text[at..]);
    let rest = rest.trim_start_matches("**").trim();
    // Where the mark stood within the bold, its other end is left.
    Some(if rest.matches("**").count() % 2 == 1 { rest.trim_end_matches("**") } else { rest })
}

/// Paragraphs that stand for headings become some: those all in bold, short ones that are nothing but a question, and
/// those that say "Q:".
fn with_hidden_headings(blocks: Vec<Block>) -> Vec<Block> {
    let mut raised = Vec::with_capacity(blocks.len());
    for block in blocks {
        match block {
            Block::Text(text) if text.lines().any(|l| after_mark(l, QUESTION_MARKS).is_some_and(|q| !q.is_empty())) => {
                marked(&text, &mut raised)
            }
            Block::Text(text) if text.lines().filter(|l| is_bold_question(l)).count() > 1 => lines_of_bold(&text, &mut raised),
            Block::Text(text) => raised.extend(raised_question(text)),
            // What is styled as a heading and is a whole sentence is text.
            Block::Heading(_, text) if text.chars().count() > 80 && text.ends_with(['.', '。', '!']) => raised.push(Block::Text(text)),
            heading => raised.push(heading),
        }
    }
    raised
}

/// The lines of a paragraph in which one or several say "Q:".
fn marked(text: &str, raised: &mut Vec<Block>) {
    let mut answer: Vec<&str> = Vec::new();
    for line in text.lines() {
        match after_mark(line, QUESTION_MARKS).filter(|q| !q.is_empty()) {
            Some(question) => {
                raised.extend((!answer.is_empty()).then(|| Block::Text(answer.join("\n"))));
                answer.clear();
                raised.push(Block::Heading(7, unmarked(question)));
            }
            None => answer.push(line),
        }
    }
    raised.extend((!answer.is_empty()).then(|| Block::Text(answer.join("\n"))));
}

fn is_bold_question(line: &str) -> bool {
    let is_bold = line.starts_with("**") && line.ends_with("**") && line.matches("**").count() == 2;
    is_bold && line.trim_end_matches("**").ends_with(['?', '？', '؟'])
}

/// A paragraph of lines in bold and their answers, told apart by line breaks alone.
fn lines_of_bold(text: &str, raised: &mut Vec<Block>) {
    let mut answer = String::new();
    let end = |answer: &mut String, raised: &mut Vec<Block>| {
        let text = std::mem::take(answer);
        raised.extend((!text.trim().is_empty()).then(|| Block::Text(text.trim().to_owned())));
    };
    for line in text.lines() {
        if is_bold_question(line) {
            end(&mut answer, raised);
            raised.push(Block::Heading(9, unmarked(line)));
        } else {
            answer.push_str(line);
            answer.push('\n');
        }
    }
    end(&mut answer, raised);
}

/// A paragraph whose first line, or all of it, is a question.
fn raised_question(text: String) -> Vec<Block> {
    let (first, rest) = text.split_once('\n').map_or((text.as_str(), None), |(first, rest)| (first, Some(rest)));
    let is_bold = first.starts_with("**") && first.ends_with("**") && first.matches("**").count() == 2;
    // A line all in bold stands for a heading, a plain one only where it asks.
    let asks = is_bold || first.ends_with(['?', '？', '؟']);
    let is_short = first.chars().count() <= 200 && !first.starts_with("- ") && !first.starts_with('|');
    match rest {
        _ if !asks || !is_short => vec![Block::Text(text)],
        Some(rest) if is_bold => vec![Block::Heading(9, unmarked(first)), Block::Text(rest.to_owned())],
        Some(_) => vec![Block::Text(text)],
        None => vec![Block::Heading(if is_bold { 9 } else { 10 }, unmarked(first))],
    }
}

/// Cuts a page at its questions, where headings of one level mostly ask; else it is one article called `title`, or what
/// its first heading says.
pub(crate) fn cut(blocks: Vec<Block>, title: Option<String>) -> Cut {
    let raised = with_hidden_headings(blocks.clone());
    // A page whose title asks answers it with all that it says.
    let level = level_of_questions(&raised).filter(|level| *level == 7 || !title.as_deref().is_some_and(asks));
    let total: usize = blocks.iter().map(|b| if let Block::Text(t) = b { t.split_whitespace().count() } else { 0 }).sum();
    match level.map(|level| split(with_bold_questions(raised, level), level)) {
        // Where most of a page stands before its first question, the questions are a part of it.
        Some(cut) if level == Some(7) || cut.introduction * 2 <= total.max(100) => cut,
        _ => whole(blocks, title),
    }
}

/// The level whose headings are the page's questions.
fn level_of_questions(blocks: &[Block]) -> Option<u8> {
    let mut found: Option<(usize, u8)> = None;
    for level in 1..=10 {
        let of_level: Vec<&str> = blocks
            .iter()
            .filter_map(|b| if let Block::Heading(l, text) = b { (*l == level).then_some(text.as_str()) } else { None })
            .collect();
        let asking = of_level.iter().filter(|h| asks(h)).count();
        let are_terms = level == 7 && of_level.len() >= 2;
        let enough = if level == 10 { 3 } else { 2 };
        if (are_terms || (asking >= enough && asking * 2 >= of_level.len()))
            && found.is_none_or(|(most, _)| asking.max(usize::from(are_terms)) > most)
        {
            found = Some((asking.max(usize::from(are_terms)), level));
        }
    }
    found.map(|(_, level)| level).or_else(|| level_below_faq(blocks))
}

/// Below a heading that says "FAQ", the headings of one level are its questions even where they do not ask.
fn level_below_faq(blocks: &[Block]) -> Option<u8> {
    let names = [
        "faq",
        "frequently asked",
        "häufige fragen",
        "häufig gestellte",
        "preguntas frecuentes",
        "questions fréquentes",
        "foire aux questions",
        "domande frequenti",
        "perguntas frequentes",
        "sıkça sorulan",
        "الأسئلة",
        "pertanyaan umum",
        "常见问题",
        "常見問題",
        "よくある",
        "자주 묻는",
    ];
    let is_faq = |text: &str| names.iter().any(|name| text.to_lowercase().contains(name));
    let at = blocks.iter().position(|b| matches!(b, Block::Heading(..=3, text) if is_faq(text)))?;
    let below: Vec<u8> =
        blocks[at + 1..].iter().filter_map(|b| if let Block::Heading(level @ ..=6, _) = b { Some(*level) } else { None }).collect();
    let level = *below.iter().max_by_key(|level| (below.iter().filter(|l| l == level).count(), **level))?;
    (below.iter().filter(|l| **l == level).count() >= 2).then_some(level)
}

/// Where a page has questions in bold beside those that are headings, they are of one level.
fn with_bold_questions(mut blocks: Vec<Block>, level: u8) -> Vec<Block> {
    let is_bold_question = |block: &Block| matches!(block, Block::Heading(9, text) if asks(text));
    if level < 7 && blocks.iter().filter(|b| is_bold_question(b)).count() > 2 {
        for block in blocks.iter_mut().filter(|b| is_bold_question(b)) {
            if let Block::Heading(own, _) = block {
                *own = level;
            }
        }
    }
    blocks
}

fn split(blocks: Vec<Block>, level: u8) -> Cut {
    let mut cut = Cut { sections: Vec::new(), is_split: true, introduction: 0, unanswered: Vec::new() };
    let mut group: Option<String> = None;
    let mut current: Option<Section> = None;
    let (mut first_heading, mut is_marked) = (true, false);
    let end = |current: &mut Option<Section>, cut: &mut Cut| {
        if let Some(section) = current.take() {
            if section.body.is_empty() { cut.unanswered.push(section.title) } else { cut.sections.push(section) }
        }
    };
    for block in blocks {
        match block {
            Block::Heading(l, text) if l == level => {
                end(&mut current, &mut cut);
                // "### Q. How …" says what everybody sees.
                let asked = after_mark(&text, QUESTION_MARKS).filter(|q| asks(q));
                is_marked = level == 7 || asked.is_some();
                current = Some(Section { title: asked.map_or(text.clone(), str::to_owned), body: String::new(), group: group.clone() });
            }
            // What stands for a heading is no group: it is a paragraph that happens to be short.
            Block::Heading(l, text) if l < level && l <= 6 => {
                end(&mut current, &mut cut);
                // The page's own title is no group.
                group = (!(first_heading && l == 1)).then_some(text);
                first_heading = false;
            }
            Block::Heading(l, text) => add(&mut current, &mut cut, &if l <= 6 { format!("## {text}") } else { format!("**{text}**") }),
            // `A: …` after `Q: …` is the answer alone.
            Block::Text(text) => add(&mut current, &mut cut, after_mark(&text, ANSWER_MARKS).filter(|_| is_marked).unwrap_or(&text)),
        }
    }
    end(&mut current, &mut cut);
    cut
}

fn add(current: &mut Option<Section>, cut: &mut Cut, text: &str) {
    match current {
        Some(section) => {
            let joins = if section.body.is_empty() { "" } else { "\n\n" };
            section.body.push_str(joins);
            section.body.push_str(text);
        }
        None => cut.introduction += text.split_whitespace().count(),
    }
}

fn folded(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn whole(blocks: Vec<Block>, title: Option<String>) -> Cut {
    let mut blocks = blocks.into_iter().peekable();
    let mut title = title;
    // The first heading is the title, or says it again.
    if let Some(Block::Heading(level, text)) = blocks.peek().cloned()
        && (title.is_none() && level <= 6 || title.as_ref().is_some_and(|t| folded(t) == folded(&text)))
    {
        title = title.or(Some(text));
        blocks.next();
    }
    let mut body = String::new();
    for block in blocks {
        if !body.is_empty() {
            body.push_str("\n\n");
        }
        match block {
            Block::Heading(..=6, text) => body.push_str(&format!("## {text}")),
            Block::Heading(_, text) => body.push_str(&format!("**{text}**")),
            Block::Text(text) => body.push_str(&text),
        }
    }
    let section = Section { title: title.unwrap_or_default(), body, group: None };
    Cut { sections: vec![section], is_split: false, introduction: 0, unanswered: Vec::new() }
}
