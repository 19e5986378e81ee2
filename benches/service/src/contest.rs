//! Contestants that run in turn, round after round, so that a machine that is slow for a while is
//! slow for all of them.

/// The figures of all contestants. The first one is what the others are divided by.
pub struct Contest {
    title: String,
    unit: &'static str,
    names: Vec<String>,
    rounds: Vec<Vec<f64>>,
}

impl Contest {
    /// Takes what is measured and the unit of its figures.
    #[must_use]
    pub fn new(title: impl Into<String>, unit: &'static str) -> Self {
        Self {
            title: title.into(),
            unit,
            names: vec![],
            rounds: vec![],
        }
    }

    /// Adds the figure of one contestant in the current round.
    pub fn add(&mut self, name: &str, figure: f64) {
        let index = self.names.iter().position(|known| known == name);
        let index = index.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.rounds.push(vec![]);
            self.names.len() - 1
        });
        self.rounds[index].push(figure);
    }

    /// The median of a contestant's figures.
    ///
    /// # Panics
    ///
    /// Where nobody of that name took part.
    #[must_use]
    pub fn median(&self, name: &str) -> f64 {
        median(&sorted(self.figures(name).iter().copied()))
    }

    /// The median of the ratios of two contestants, each of the same round.
    ///
    /// # Panics
    ///
    /// Where one of them took no part.
    #[must_use]
    pub fn ratio(&self, name: &str, base: &str) -> f64 {
        let pairs = std::iter::zip(self.figures(name), self.figures(base));
        median(&sorted(pairs.map(|(figure, base)| figure / base)))
    }

    fn figures(&self, name: &str) -> &[f64] {
        let index = self.names.iter().position(|known| known == name);
        &self.rounds[index.expect("a contestant")]
    }

    /// Prints each contestant's median, and the median of its ratios to the first one, each of the
    /// same round, with the least and the greatest.
    pub fn report(&self) {
        println!("{} ({})", self.title, self.unit);
        for (name, figures) in std::iter::zip(&self.names, &self.rounds) {
            let ratios = std::iter::zip(figures, &self.rounds[0]);
            let ratios = sorted(ratios.map(|(figure, base)| figure / base));
            println!(
                "  {name:<34} {:>12.1} {:>8.2}x  [{:.2}, {:.2}]",
                median(&sorted(figures.iter().copied())),
                median(&ratios),
                ratios[0],
                ratios[ratios.len() - 1],
            );
        }
        println!();
    }
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}
