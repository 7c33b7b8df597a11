//! Words that announce what comes next, in the twelve languages, all found in one pass. They stand in `cues.txt`.

use std::sync::LazyLock;

use crate::folded::{Folded, Script, is_joined};

/// What a cue announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cue {
    /// Something a firm numbers: orders, invoices, parcels, articles. Not private.
    Thing,
    Phone,
    /// "My number": a telephone's, if nothing before says of what.
    Number,
    Identity,
    Passport,
    Account,
    Card,
    Birth,
    Plate,
    Secret,
    /// A code of any sort: a secret if it looks like a one-time code.
    Code,
    /// A key or token of a program.
    Key,
    Address,
    Version,
    /// A car, or where one stands: a plate in a form that only plates have.
    Vehicle,
    /// "I typed": five digits and more are a code.
    Typed,
    /// Songs and films, whose makers everyone names.
    Art,
    /// A question that proves who one is: its answer.
    Answer,
    /// "My name is": a name in any case.
    Says,
    /// "Name": a name after a colon.
    Label,
    /// "In the name of": a name with capitals.
    Of,
    /// "Should say", "instead of": a name of two words with capitals.
    Pair,
    /// "My mother", "the nurse": a name with capitals.
    Kin,
    /// "I am": a name with capitals that ends its clause.
    Iam,
    /// "Mrs".
    Title,
    /// "Kind regards": a name that ends the message.
    Bye,
    /// "speaking", "Bey": a name stands before.
    Speaks,
}

impl Cue {
    const NAMED: &[(&str, Self)] = &[
        ("thing", Self::Thing),
        ("phone", Self::Phone),
        ("number", Self::Number),
        ("identity", Self::Identity),
        ("passport", Self::Passport),
        ("account", Self::Account),
        ("card", Self::Card),
        ("birth", Self::Birth),
        ("plate", Self::Plate),
        ("secret", Self::Secret),
        ("code", Self::Code),
        ("key", Self::Key),
        ("address", Self::Address),
        ("version", Self::Version),
        ("vehicle", Self::Vehicle),
        ("typed", Self::Typed),
        ("art", Self::Art),
        ("answer", Self::Answer),
        ("says", Self::Says),
        ("label", Self::Label),
        ("of", Self::Of),
        ("pair", Self::Pair),
        ("kin", Self::Kin),
        ("iam", Self::Iam),
        ("title", Self::Title),
        ("bye", Self::Bye),
        ("speaks", Self::Speaks),
    ];
}

/// So far before a number a cue still counts, in characters.
const REACH: usize = 36;

const TABLE: &str = include_str!("cues.txt");

/// A cue as the table has it.
struct Entry {
    word: &'static str,
    cue: Cue,
    /// Whether letters may follow: "Telefonnummer".
    goes_on: bool,
}

/// So many lists of cues.
const LISTS: usize = 1024;

/// The list of the cues that begin with these two characters, and with few others.
fn list_of(first: char, second: char) -> usize {
    (first as usize * 31 + second as usize) % LISTS
}

/// Cue words by their first two characters.
static BY_FIRST: LazyLock<Vec<Vec<Entry>>> = LazyLock::new(|| {
    let mut by_first: Vec<Vec<Entry>> = (0..LISTS).map(|_| Vec::new()).collect();
    for (group, words) in TABLE.lines().filter_map(|line| line.split_once(':')) {
        let goes_on = group.ends_with('*');
        let Some((_, cue)) = Cue::NAMED.iter().find(|(name, _)| *name == group.trim_end_matches('*')) else { continue };
        for word in words.trim_start().split('|') {
            let mut chars = word.chars();
            let (first, second) = chars.next().zip(chars.next()).unwrap_or_default();
            by_first[list_of(first, second)].push(Entry { word, cue: *cue, goes_on });
        }
    }
    by_first
});

/// All cues of a message.
pub(crate) struct Cues {
    /// Of numbers and the like, by where they end.
    hits: Vec<Hit>,
    /// Of names, by where they begin; of those that end at one place only the longest.
    pub(crate) names: Vec<Hit>,
    /// Where those of names begin that stand in a form.
    labels: Vec<usize>,
    /// The number of the sentence that each cell stands in: a cue does not reach into the next one.
    sentences: Vec<u32>,
}

/// Ordered by where it ends; a longer cue is better than a shorter one that ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    pub(crate) end: usize,
    pub(crate) length: usize,
    pub(crate) cue: Cue,
}

impl Hit {
    pub(crate) fn start(&self) -> usize {
        self.end - self.length
    }
}

impl Cues {
    pub(crate) fn of(folded: &Folded) -> Self {
        let (mut hits, mut names) = (Vec::new(), Vec::new());
        let lists = &*BY_FIRST;
        for at in 0..folded.cells.len() {
            let c = folded.at(at);
            // In scripts with spaces a cue begins a word.
            if is_joined(c) && is_joined(folded.before(at)) {
                continue;
            }
            let words = &lists[list_of(c, folded.at(at + 1))];
            if words.is_empty() {
                continue;
            }
            // Sliced once: a hundred cues begin with the same two letters.
            let rest = folded.text(at, folded.cells.len());
            for entry in words.iter().filter(|entry| rest.starts_with(entry.word)) {
                let length = entry.word.chars().count();
                let joins = is_joined(folded.at(at + length - 1)) && is_joined(folded.at(at + length));
                if joins && !entry.goes_on {
                    continue;
                }
                let hit = Hit { end: at + length, length, cue: entry.cue };
                if entry.cue < Cue::Says {
                    insert(&mut hits, hit, |a, b| a <= b);
                } else if !names.iter().rev().take(8).any(|known: &Hit| known.end == hit.end && known.cue == hit.cue) {
                    insert(&mut names, hit, |a, b| (a.start(), b.length) <= (b.start(), a.length));
                }
            }
        }
        let labels = names.iter().filter(|hit| matches!(hit.cue, Cue::Says | Cue::Label | Cue::Of)).map(Hit::start).collect();
        Self { hits, names, labels, sentences: sentences(folded) }
    }

    /// The cue that ends nearest before `at`, within reach.
    pub(crate) fn before(&self, at: usize) -> Option<Cue> {
        self.hit_before(at).map(|hit| if hit.cue == Cue::Number { Cue::Phone } else { hit.cue })
    }

    fn hit_before(&self, at: usize) -> Option<&Hit> {
        let hits = &self.hits[..self.hits.partition_point(|hit| hit.end <= at)];
        // Places and programs are spoken of beside every other thing; they hide none.
        let hit = hits
            .iter()
            .rev()
            .take(8)
            .find(|hit| !matches!(hit.cue, Cue::Address | Cue::Version | Cue::Vehicle | Cue::Answer | Cue::Art))?;
        // "zip code": what sort of code it is stands before.
        let sort = |code: &Hit| {
            hits.iter().rev().take(8).find(|thing| thing.cue == Cue::Thing && thing.end < code.end && thing.end + 2 > code.start())
        };
        let hit = if hit.cue == Cue::Code { sort(hit).unwrap_or(hit) } else { hit };
        let told = |number: &Hit| {
            hits.iter()
                .rev()
                .take(8)
                .find(|of| !matches!(of.cue, Cue::Number | Cue::Address | Cue::Version) && of.end + 12 > number.start())
        };
        let hit = if hit.cue == Cue::Number { told(hit).unwrap_or(hit) } else { hit };
        (hit.end + REACH > at && self.same_sentence(hit.end - 1, at)).then_some(hit)
    }

    /// Whether a cue of this kind ends within `reach` characters before `at`, in its sentence.
    pub(crate) fn near(&self, at: usize, cue: Cue, reach: usize) -> bool {
        let hits = &self.hits[..self.hits.partition_point(|hit| hit.end <= at)];
        let mut close = hits.iter().rev().take(16).take_while(|hit| hit.end + reach > at);
        close.any(|hit| hit.cue == cue && self.same_sentence(hit.end - 1, at))
    }

    /// The first cue of these kinds that begins within `reach` characters from `at` on.
    pub(crate) fn after(&self, at: usize, reach: usize, cues: &[Cue]) -> Option<&Hit> {
        let hits = &self.hits[self.hits.partition_point(|hit| hit.end <= at)..];
        let mut close = hits.iter().take(16).take_while(|hit| hit.start() <= at + reach);
        close.find(|hit| hit.start() >= at && cues.contains(&hit.cue) && self.same_sentence(hit.start(), at))
    }

    /// Cues of secrets and keys, for those that are no numbers.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| matches!(hit.cue, Cue::Secret | Cue::Key | Cue::Code | Cue::Typed | Cue::Answer))
    }

    /// Those of birth dates.
    pub(crate) fn births(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| hit.cue == Cue::Birth)
    }

    /// Where those of addresses end.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.hits.iter().filter(|hit| hit.cue == Cue::Address).map(|hit| hit.end)
    }

    /// Whether a cue ends at `at`.
    pub(crate) fn ends_at(&self, at: usize) -> bool {
        self.hits[self.hits.partition_point(|hit| hit.end < at)..].first().is_some_and(|hit| hit.end == at)
    }

    /// Whether a cue of something private other than an address begins at `at`.
    /// "Cardiff" begins like a card.
    pub(crate) fn begins_other(&self, folded: &Folded, at: usize) -> bool {
        let whole = |hit: &Hit| !folded.at(hit.end).is_letter() || !folded.cells[at].written.is_capital();
        let starts = |hit: &Hit| {
            hit.start() == at && whole(hit) && !matches!(hit.cue, Cue::Thing | Cue::Address | Cue::Version | Cue::Vehicle | Cue::Art)
        };
        let hits = &self.hits[self.hits.partition_point(|hit| hit.end <= at)..];
        hits.iter().take(16).any(starts) || self.labels.binary_search(&at).is_ok()
    }

    pub(crate) fn same_sentence(&self, a: usize, b: usize) -> bool {
        let sentence = |at: usize| self.sentences.get(at.min(self.sentences.len().saturating_sub(1)));
        sentence(a) == sentence(b)
    }
}

/// Puts a hit in its place: near the end, as hits are found from left to right. A sort weighs 2 KB a list, before compression.
fn insert(hits: &mut Vec<Hit>, hit: Hit, in_order: fn(&Hit, &Hit) -> bool) {
    let at = hits.iter().rposition(|known| in_order(known, &hit)).map_or(0, |at| at + 1);
    hits.insert(at, hit);
}

fn sentences(folded: &Folded) -> Vec<u32> {
    let mut sentence = 0;
    let ends = |at: usize| match folded.before(at) {
        '。' | '!' | '?' | '؟' | '\n' => true,
        '.' => folded.at(at) == ' ' && !is_abbreviated(folded, at - 1),
        _ => false,
    };
    (0..folded.cells.len())
        .map(|at| {
            sentence += u32::from(ends(at));
            sentence
        })
        .collect()
}

/// Whether the full stop at `at` ends a short form, as in "No. 12".
fn is_abbreviated(folded: &Folded, at: usize) -> bool {
    const SHORT: &str = " cell cel tlm tfno tfn telf tlf sig dott ing geom avv eng no nr num acct acc tel ref ph mob st str dr mr mrs ms sr sra apt av avda mah cad sok jl c n nº ";
    let length = folded.behind(at.saturating_sub(6), at, usize::MAX, &|cell| cell.c.is_in_word() || cell.c == 'º');
    let word = folded.text(at - length, at);
    !word.is_empty() && crate::folded::lists(SHORT, word)
}

#[cfg(test)]
mod tests {
    use super::{Cue, Cues};
    use crate::folded::Folded;

    #[track_caller]
    fn check(before: &str, expected: Option<Cue>) {
        let folded = Folded::new(before);
        assert_eq!(Cues::of(&folded).before(folded.cells.len()), expected, "{before}");
    }

    #[test]
    fn the_nearest_cue_counts() {
        check("my phone is broken, order number ", Some(Cue::Thing));
        check("about my order: call me on ", Some(Cue::Phone));
        check("我的身份证号是", Some(Cue::Identity));
        check("my phone, which I bought long ago and which is broken: ", None);
        // "case" within "suitcase" is none.
        check("the suitcase has ", None);
    }
}
