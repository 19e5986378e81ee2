//! Combinations of answers, and the selections of them that tests go through.

use std::cmp::Reverse;

use super::covering::covering;

/// One valid set of answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Combination {
    /// Each option with its answer, in order: `true`, `false`, or one of its choices.
    pub(crate) answers: Vec<(String, String)>,
}

/// Whether an answer switches its option on.
pub(crate) fn is_on(answer: &str) -> bool {
    !["false", "none", ""].contains(&answer)
}

impl Combination {
    /// The options that are on.
    pub(crate) fn on(&self) -> impl Iterator<Item = &str> {
        self.named(true)
    }

    /// The options that are off.
    pub(crate) fn off(&self) -> impl Iterator<Item = &str> {
        self.named(false)
    }

    /// Whether an option is on.
    pub(crate) fn has(&self, option: &str) -> bool {
        self.on().any(|name| name == option)
    }

    fn named(&self, wanted: bool) -> impl Iterator<Item = &str> {
        let answers = self.answers.iter();
        let chosen = answers.filter(move |(_, answer)| is_on(answer) == wanted);
        chosen.map(|(name, _)| name.as_str())
    }

    /// What the combination is called in the names of tests and files.
    pub(crate) fn label(&self) -> String {
        let on = self.answers.iter().filter(|(_, answer)| is_on(answer));
        let words: Vec<String> = on.map(|(name, answer)| word(name, answer)).collect();
        if words.is_empty() {
            "nothing".to_owned()
        } else {
            words.join("+")
        }
    }

    /// The options whose answers differ from those of another combination, each with its answer here.
    pub(crate) fn beyond<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        std::iter::zip(&self.answers, &other.answers)
            .filter(|(own, others)| own != others)
            .map(|((name, answer), _)| (name.as_str(), answer.as_str()))
    }
}

/// An answer as a word: the name of the option, and what was chosen where that is not yes or no.
pub(crate) fn word(name: &str, answer: &str) -> String {
    match answer {
        "true" | "false" => name.to_owned(),
        choice => format!("{name}={choice}"),
    }
}

/// What `forge add` is told to give an option this answer, or `forge remove`.
pub(crate) fn change_words(option: &str, answer: &str) -> Vec<String> {
    let mut words = vec![option.to_owned()];
    if is_on(answer) && answer != "true" {
        words.push(format!("--{option}={answer}"));
    }
    words
}

/// All valid combinations.
#[derive(Debug)]
pub(crate) struct Combinations {
    /// Ordered, the one with everything off first.
    pub(crate) all: Vec<Combination>,
}

impl Combinations {
    /// Puts together the answers of options, each given by its name and its possible answers, as far
    /// as `allows` has nothing against what is together. It is asked after each option about the last
    /// answer.
    pub(crate) fn new<'a>(
        options: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
        allows: impl Fn(&Combination) -> bool,
    ) -> Self {
        let mut all = vec![Combination { answers: vec![] }];
        for (name, answers) in options {
            let with = |combination: &Combination, answer: &str| {
                let mut longer = combination.clone();
                longer.answers.push((name.to_owned(), answer.to_owned()));
                longer
            };
            all = all
                .iter()
                .flat_map(|known| answers.iter().map(move |answer| with(known, answer)))
                .filter(&allows)
                .collect();
        }
        Self { all }
    }

    /// The one with the fewest options on.
    pub(crate) fn nothing(&self) -> &Combination {
        let all = self.all.iter();
        all.min_by_key(|combination| combination.on().count())
            .expect("a combination")
    }

    /// The one with the most options on; of choices it has the first.
    pub(crate) fn everything(&self) -> &Combination {
        let all = self.all.iter();
        all.min_by_key(|combination| Reverse(combination.on().count()))
            .expect("a combination")
    }

    /// The answers that any combination gives to the option at a place, in order.
    pub(crate) fn answers_at(&self, place: usize) -> Vec<&str> {
        let mut answers: Vec<&str> = vec![];
        for combination in &self.all {
            let answer = combination.answers[place].1.as_str();
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        answers
    }

    /// For each answer that switches something on, the smallest combination with it.
    pub(crate) fn each_alone(&self) -> Vec<&Combination> {
        let mut alone: Vec<&Combination> = vec![];
        for place in 0..self.nothing().answers.len() {
            let answers = self.answers_at(place).into_iter();
            for answer in answers.filter(|answer| is_on(answer)) {
                let with = self.all.iter();
                let with = with.filter(|combination| combination.answers[place].1 == answer);
                alone.extend(with.min_by_key(|combination| combination.on().count()));
            }
        }
        alone
    }

    /// Everything, nothing, each alone, and what it takes for every two answers that can stand
    /// together to do so.
    pub(crate) fn pairwise(&self) -> Vec<&Combination> {
        let mut chosen: Vec<usize> = vec![];
        let corners = [self.everything(), self.nothing()].into_iter();
        for corner in corners.chain(self.each_alone()) {
            let place = self.place(corner);
            if !chosen.contains(&place) {
                chosen.push(place);
            }
        }
        self.covering(2, &chosen)
    }

    /// Those of [`Combinations::pairwise`], and what it takes for every three answers that can stand
    /// together to do so.
    pub(crate) fn three_wise(&self) -> Vec<&Combination> {
        let pairwise = self.pairwise().into_iter();
        let chosen: Vec<usize> = pairwise.map(|row| self.place(row)).collect();
        self.covering(3, &chosen)
    }

    fn covering(&self, strength: usize, chosen: &[usize]) -> Vec<&Combination> {
        let rows: Vec<Vec<&str>> = self
            .all
            .iter()
            .map(|row| {
                row.answers
                    .iter()
                    .map(|(_, answer)| answer.as_str())
                    .collect()
            })
            .collect();
        let places = covering(&rows, strength, chosen).into_iter();
        places.map(|place| &self.all[place]).collect()
    }

    /// The place of a combination among all.
    pub(crate) fn place(&self, combination: &Combination) -> usize {
        let all = &mut self.all.iter();
        all.position(|other| other == combination)
            .expect("a valid combination")
    }
}
