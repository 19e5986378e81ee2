//! SQL with the types of what goes in and what comes out.
//!
//! Declared in one way, by [`statements!`], so that a test can prepare every statement on a database
//! with all migrations, and hold its types against those of the database.

#![expect(
    clippy::disallowed_methods,
    reason = "what is disallowed elsewhere would bypass this module"
)]

use std::fmt;
use std::marker::PhantomData;

use sqlx::error::BoxDynError;
use sqlx::{Arguments as _, Column as _, Either, Encode, FromRow, Statement as _, TypeInfo as _};

use super::{Engine, Executor};

pub(super) type Row = <Engine as sqlx::Database>::Row;
type Arguments = <Engine as sqlx::Database>::Arguments;
type Prepared = <Engine as sqlx::Database>::Statement;
type EngineColumn = <Engine as sqlx::Database>::Column;
type TypeInfo = <Engine as sqlx::Database>::TypeInfo;

/// An SQL statement that takes the tuple `P` and gives rows of the type `R`.
pub struct Statement<P, R> {
    sql: &'static str,
    types: PhantomData<fn(P) -> R>,
}

impl<P: Parameters, R: Record> Statement<P, R> {
    /// The statement of this SQL, with parameters `$1`, `$2`, and so on.
    pub const fn new(sql: &'static str) -> Self {
        Self {
            sql,
            types: PhantomData,
        }
    }

    /// The only row, or none.
    ///
    /// # Errors
    ///
    /// If the database cannot answer, or refuses.
    pub async fn optional(
        &self,
        executor: impl Executor<'_>,
        parameters: P,
    ) -> Result<Option<R>, sqlx::Error> {
        let arguments = parameters.bind().map_err(sqlx::Error::Encode)?;
        sqlx::query_as_with(self.sql, arguments)
            .fetch_optional(executor)
            .await
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// As of [`optional`](Self::optional), and if there is none.
    pub async fn one(&self, executor: impl Executor<'_>, parameters: P) -> Result<R, sqlx::Error> {
        let row = self.optional(executor, parameters).await?;
        row.ok_or(sqlx::Error::RowNotFound)
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// As of [`optional`](Self::optional).
    pub async fn all(
        &self,
        executor: impl Executor<'_>,
        parameters: P,
    ) -> Result<Vec<R>, sqlx::Error> {
        let arguments = parameters.bind().map_err(sqlx::Error::Encode)?;
        sqlx::query_as_with(self.sql, arguments)
            .fetch_all(executor)
            .await
    }
}

/// What a statement takes: a tuple of up to sixteen values.
pub trait Parameters: Sized {
    #[doc(hidden)]
    const ACCEPTS: &'static [fn(&TypeInfo) -> bool];

    #[doc(hidden)]
    fn bind(self) -> Result<Arguments, BoxDynError>;
}

macro_rules! parameters {
    ($($type:ident $place:tt),*) => {
        impl<$($type),*> Parameters for ($($type,)*)
        where
            $($type: sqlx::Type<Engine> + for<'a> Encode<'a, Engine>,)*
        {
            const ACCEPTS: &'static [fn(&TypeInfo) -> bool] = &[$($type::compatible),*];

            fn bind(self) -> Result<Arguments, BoxDynError> {
                #[allow(unused_mut, reason = "without parameters, nothing is added")]
                let mut arguments = Arguments::default();
                $(arguments.add(self.$place)?;)*
                Ok(arguments)
            }
        }
    };
}

parameters!();
parameters!(A 0);
parameters!(A 0, B 1);
parameters!(A 0, B 1, C 2);
parameters!(A 0, B 1, C 2, D 3);
parameters!(A 0, B 1, C 2, D 3, E 4);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
parameters!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);

/// What a row becomes: nothing, the value of its only column in a tuple, or a struct with
/// [`columns!`].
pub trait Record: for<'r> FromRow<'r, Row> + Send + Unpin {
    #[doc(hidden)]
    const COLUMNS: &'static [Column];
}

/// A column that a row has to have.
#[derive(Debug)]
pub struct Column {
    name: Option<&'static str>,
    accepts: fn(&TypeInfo) -> bool,
    type_name: fn() -> &'static str,
}

impl Column {
    const fn new<T: sqlx::Type<Engine>>(name: Option<&'static str>) -> Self {
        Self {
            name,
            accepts: T::compatible,
            type_name: std::any::type_name::<T>,
        }
    }

    /// Whether the value may be `NULL`. Only a test asks, and a generic type tells no more than its name.
    fn is_option(&self) -> bool {
        (self.type_name)().starts_with("core::option::Option<")
    }

    /// The one of these columns that it is read from.
    fn find<'p>(&self, place: usize, columns: &'p [EngineColumn]) -> Option<&'p EngineColumn> {
        match self.name {
            Some(name) => columns.iter().find(|column| column.name() == name),
            None => columns.get(place),
        }
    }
}

impl Record for () {
    const COLUMNS: &'static [Column] = &[];
}

impl<T> Record for (T,)
where
    T: sqlx::Type<Engine> + for<'r> sqlx::Decode<'r, Engine> + Send + Unpin,
{
    const COLUMNS: &'static [Column] = &[Column::new::<T>(None)];
}

/// The column of a field.
pub(super) const fn column<R, T: sqlx::Type<Engine>>(
    name: &'static str,
    _field: fn(&R) -> &T,
) -> Column {
    Column::new::<T>(Some(name))
}

/// Reads the fields of a struct from the columns of the same names.
macro_rules! columns {
    ($record:ident: $($field:ident),+ $(,)?) => {
        impl<'r> sqlx::FromRow<'r, $crate::database::statement::Row> for $record {
            fn from_row(row: &'r $crate::database::statement::Row) -> Result<Self, sqlx::Error> {
                Ok(Self {
                    $($field: sqlx::Row::try_get(row, stringify!($field))?,)+
                })
            }
        }

        impl $crate::database::statement::Record for $record {
            const COLUMNS: &'static [$crate::database::statement::Column] = &[
                $($crate::database::statement::column(
                    stringify!($field),
                    |record: &Self| &record.$field,
                ),)+
            ];
        }
    };
}

/// Declares statements, as `NAME: (types of parameters) => type of rows = "SQL";`, and `STATEMENTS`
/// with all of them, which belongs into the list of [`super::STATEMENTS`].
macro_rules! statements {
    ($($name:ident: $parameters:ty => $record:ty = $sql:expr;)+) => {
        $(const $name: $crate::database::Statement<$parameters, $record> =
            $crate::database::Statement::new($sql);)+

        pub(super) const STATEMENTS: $crate::database::Statements =
            &[$((stringify!($name), &$name)),+];
    };
}

pub(crate) use {columns, statements};

/// A statement of any types, as the test sees it.
pub trait Prepare: Sync {
    /// The SQL.
    fn sql(&self) -> &'static str;

    /// In what the declared types differ from those of the prepared statement.
    fn faults(&self, prepared: &Prepared) -> Vec<Fault>;

    /// The columns of tables, with their tables, whose fields cannot be `NULL`.
    fn required(&self, prepared: &Prepared) -> Vec<(String, String)>;
}

impl<P: Parameters, R: Record> Prepare for Statement<P, R> {
    fn sql(&self) -> &'static str {
        self.sql
    }

    fn faults(&self, prepared: &Prepared) -> Vec<Fault> {
        let mut faults = vec![];
        let declared = P::ACCEPTS.len();
        let (count, types) = match prepared.parameters() {
            Some(Either::Left(types)) => (types.len(), types),
            // This engine knows only how many there are.
            Some(Either::Right(count)) => (count, &[][..]),
            None => (0, &[][..]),
        };
        if count != declared {
            faults.push(Fault::Parameters { declared, count });
        }
        for (place, (accepts, known)) in std::iter::zip(P::ACCEPTS, types).enumerate() {
            if !accepts(known) {
                faults.push(Fault::Type {
                    of: format!("${}", place + 1),
                    known: known.name().to_owned(),
                });
            }
        }

        let columns = prepared.columns();
        if columns.len() != R::COLUMNS.len() {
            faults.push(Fault::Columns {
                declared: R::COLUMNS.len(),
                count: columns.len(),
            });
        }
        for (place, column) in R::COLUMNS.iter().enumerate() {
            let found = column.find(place, columns);
            let known = found.map_or("missing", |column| column.type_info().name());
            // What an expression gives, SQLite only knows when it runs.
            let fits = |info: &TypeInfo| info.is_null() || (column.accepts)(info);
            if !found.is_some_and(|column| fits(column.type_info())) {
                faults.push(Fault::Type {
                    of: column.name.unwrap_or("the column").to_owned(),
                    known: known.to_owned(),
                });
            }
        }
        faults
    }

    fn required(&self, prepared: &Prepared) -> Vec<(String, String)> {
        let columns = R::COLUMNS.iter().enumerate();
        let required = columns.filter(|(_, column)| !column.is_option());
        let found = required.filter_map(|(place, column)| column.find(place, prepared.columns()));
        let origin = |column: &EngineColumn| {
            let origin = column.origin();
            let column = origin.table_column()?;
            Some((column.table.to_string(), column.name.to_string()))
        };
        found.filter_map(origin).collect()
    }
}

/// In what a statement is not as it was declared.
#[derive(Debug, PartialEq)]
pub enum Fault {
    /// It has another number of parameters.
    Parameters {
        /// How many are declared.
        declared: usize,
        /// How many there are.
        count: usize,
    },
    /// It has another number of columns.
    Columns {
        /// How many are declared.
        declared: usize,
        /// How many there are.
        count: usize,
    },
    /// A parameter or a column has another type.
    Type {
        /// The parameter or the column.
        of: String,
        /// Its type in the database.
        known: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters { declared, count } => {
                write!(
                    formatter,
                    "{declared} parameters are declared, and it has {count}"
                )
            }
            Self::Columns { declared, count } => {
                write!(
                    formatter,
                    "{declared} columns are declared, and it has {count}"
                )
            }
            Self::Type { of, known } => write!(formatter, "{of} is {known} in the database"),
        }
    }
}
