//! What a description says of arguments and replies, and how OpenAPI writes it.

use utoipa::openapi::schema::{ArrayBuilder, SchemaType, Type};
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema};

/// What a method takes and answers. Every method with a handler has one.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The method's name in the policy table.
    pub method: &'static str,
    /// What it does, as a sentence.
    pub summary: &'static str,
    /// Arguments that it reads; others are ignored or, where entities and the like are posted, kept.
    pub arguments: &'static [Member],
    /// Members of its answer, beside `ok`.
    pub reply: &'static [Member],
}

/// An argument, or a member of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Whether it is always there.
    pub is_required: bool,
    /// What more there is to say.
    pub about: &'static str,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Text,
    Flag,
    Whole(Option<(i64, i64)>),
    Choice(&'static [&'static str]),
    Texts,
    Object,
    Objects,
}

impl Member {
    const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, is_required: false, about: "", shape }
    }

    /// It is always there.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// Says more about it.
    #[must_use]
    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Its schema; `or_null` if it may be null as well.
    pub fn schema(self, or_null: bool) -> RefOr<Schema> {
        let typed = |plain: Type| if or_null { SchemaType::from_iter([plain, Type::Null]) } else { SchemaType::from(plain) };
        let object = |plain: Type| ObjectBuilder::new().schema_type(typed(plain));
        let about = Some(self.about).filter(|about| !about.is_empty());
        let array = |items: Type| ArrayBuilder::new().schema_type(typed(Type::Array)).items(Object::with_type(items)).description(about);
        match self.shape {
            // Where a text must be given, an empty one isn't.
            Shape::Text => object(Type::String).min_length(self.is_required.then_some(1)).description(about).into(),
            Shape::Flag => object(Type::Boolean).description(about).into(),
            Shape::Whole(range) => {
                let (min, max) = range.unzip();
                object(Type::Integer).minimum(min).maximum(max).description(about).into()
            }
            Shape::Choice(words) => {
                let null = or_null.then_some(serde_json::Value::Null);
                let words = words.iter().map(|word| serde_json::Value::from(*word));
                object(Type::String).enum_values(Some(words.chain(null))).description(about).into()
            }
            Shape::Object => object(Type::Object).description(about).into(),
            Shape::Texts => array(Type::String).into(),
            Shape::Objects => array(Type::Object).into(),
        }
    }
}

/// Some text.
pub const fn text(name: &'static str) -> Member {
    Member::new(name, Shape::Text)
}

/// True or false.
pub const fn flag(name: &'static str) -> Member {
    Member::new(name, Shape::Flag)
}

/// A whole number.
pub const fn whole(name: &'static str) -> Member {
    Member::new(name, Shape::Whole(None))
}

/// A whole number of a range.
pub const fn within(name: &'static str, min: i64, max: i64) -> Member {
    Member::new(name, Shape::Whole(Some((min, max))))
}

/// One of a few words.
pub const fn choice(name: &'static str, words: &'static [&'static str]) -> Member {
    Member::new(name, Shape::Choice(words))
}

/// A list of texts.
pub const fn texts(name: &'static str) -> Member {
    Member::new(name, Shape::Texts)
}

/// An object.
pub const fn object(name: &'static str) -> Member {
    Member::new(name, Shape::Object)
}

/// A list of objects.
pub const fn objects(name: &'static str) -> Member {
    Member::new(name, Shape::Objects)
}
