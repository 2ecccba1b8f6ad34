//! The catalog, and what it is checked for.

use super::shape::{Described, Member, choice, flag, object, objects, text, texts, whole, within};
use super::{CURSOR, MORE};

const IDENTIFIER: Member = text("identifier").required();
const ID: Member = text("id").required();
const FIFTY: Member = within("limit", 1, 50).about("At most so many; 50 if left out.");
const HUNDRED: Member = within("limit", 1, 100).about("At most so many; 50 if left out.");

const NAME: Member = text("name");
const DESCRIPTION: Member = text("description");
const TYPE: Member = text("type").about("An entity type's identifier.");
const TEAMS: Member = texts("owner_team_ids");
const USERS: Member = texts("owner_user_ids");
const EMAILS: Member = texts("owner_user_emails");
const DOMAIN: Member = text("domain").about("Another entity's identifier.");
const PROPERTIES: Member = object("properties").about("By property; null removes one.");
const ALIASES: Member = object("aliases").about("By alias type, a list of objects with an identifier; an empty list removes the type.");
const RELATIONS: Member = object("relations").about("By relation, a list of entities; null removes all.");
const ENTITY: &[Member] = &[object("entity").required()];
const ENTITY_TYPE: &[Member] = &[object("entity_type").required()];
const RELATION: &[Member] = &[object("relation").required()];
const SCORECARD: &[Member] = &[object("scorecard").required()];

/// `catalog.*`.
pub const CATALOG: &[Described] = &[
    Described {
        method: "catalog.entities.list",
        summary: "Pages through entities, by identifier.",
        arguments: &[text("type"), text("search_term").about("Part of a name or identifier, in any case."), CURSOR, FIFTY],
        reply: &[objects("entities").required(), MORE],
    },
    Described { method: "catalog.entities.info", summary: "One entity.", arguments: &[IDENTIFIER], reply: ENTITY },
    Described {
        method: "catalog.entities.create",
        summary: "Makes an entity.",
        arguments: &[IDENTIFIER, TYPE.required(), NAME, DESCRIPTION, TEAMS, USERS, EMAILS, DOMAIN, PROPERTIES, ALIASES, RELATIONS],
        reply: ENTITY,
    },
    Described {
        method: "catalog.entities.update",
        summary: "Changes what is given of an entity; the rest stays.",
        arguments: &[IDENTIFIER, TYPE, NAME, DESCRIPTION, TEAMS, USERS, EMAILS, DOMAIN, PROPERTIES, ALIASES, RELATIONS],
        reply: ENTITY,
    },
    Described {
        method: "catalog.entities.upsert",
        summary: "Makes an entity, or changes what is given of it.",
        arguments: &[IDENTIFIER, TYPE.required(), NAME, DESCRIPTION, TEAMS, USERS, EMAILS, DOMAIN, PROPERTIES, ALIASES, RELATIONS],
        reply: &[object("entity").required(), choice("result", &["created_new_entity", "updated_existing_entity"]).required()],
    },
    Described {
        method: "catalog.entities.delete",
        summary: "Deletes an entity and its edges, unless it is another one's domain.",
        arguments: &[IDENTIFIER],
        reply: ENTITY,
    },
    Described {
        method: "catalog.entities.scorecards",
        summary: "What the checks of scorecards found at an entity.",
        arguments: &[IDENTIFIER, CURSOR, FIFTY],
        reply: &[objects("scorecards").required(), MORE],
    },
    Described {
        method: "catalog.entities.tasks",
        summary: "What initiatives want done at an entity.",
        arguments: &[IDENTIFIER, CURSOR, FIFTY],
        reply: &[objects("tasks").required(), MORE],
    },
    Described {
        method: "catalog.entityTypes.list",
        summary: "Pages through entity types, by identifier.",
        arguments: &[CURSOR, FIFTY],
        reply: &[objects("entity_types").required(), MORE],
    },
    Described { method: "catalog.entityTypes.info", summary: "One entity type.", arguments: &[IDENTIFIER], reply: ENTITY_TYPE },
    Described {
        method: "catalog.entityTypes.create",
        summary: "Makes an entity type.",
        arguments: &[
            IDENTIFIER,
            NAME.required(),
            DESCRIPTION,
            text("icon"),
            whole("ordering"),
            objects("properties").about("At most 200, each with identifier and type."),
            object("aliases").about("By alias type, whether entities may have such aliases."),
        ],
        reply: ENTITY_TYPE,
    },
    Described {
        method: "catalog.entityTypes.update",
        summary: "Changes what is given of an entity type; properties are replaced as a whole.",
        arguments: &[IDENTIFIER, NAME, DESCRIPTION, text("icon"), whole("ordering"), objects("properties"), object("aliases")],
        reply: ENTITY_TYPE,
    },
    Described {
        method: "catalog.entityTypes.delete",
        summary: "Deletes an entity type that nothing is of and nothing refers to.",
        arguments: &[IDENTIFIER],
        reply: ENTITY_TYPE,
    },
    Described {
        method: "catalog.relations.list",
        summary: "Pages through relations, by identifier.",
        arguments: &[CURSOR, FIFTY],
        reply: &[objects("relations").required(), MORE],
    },
    Described { method: "catalog.relations.info", summary: "One relation.", arguments: &[IDENTIFIER], reply: RELATION },
    Described {
        method: "catalog.relations.create",
        summary: "Says how entities of two types may be related.",
        arguments: &[
            IDENTIFIER.about("Letters, digits, underscores, periods and hyphens."),
            choice("type", RELATION_TYPES).required(),
            choice("cardinality", &["one_to_one", "one_to_many", "many_to_one", "many_to_many"]).required(),
            text("source_entity_type_identifier").required(),
            text("target_entity_type_identifier").required(),
            DESCRIPTION,
        ],
        reply: RELATION,
    },
    Described {
        method: "catalog.relations.update",
        summary: "Changes a relation's type or description.",
        arguments: &[IDENTIFIER, choice("type", RELATION_TYPES), DESCRIPTION],
        reply: RELATION,
    },
    Described {
        method: "catalog.relations.delete",
        summary: "Deletes a relation without edges.",
        arguments: &[IDENTIFIER],
        reply: RELATION,
    },
    Described {
        method: "catalog.relationEdges.list",
        summary: "Entities that are related to one, the latest first.",
        arguments: &[
            text("entity_identifier").required(),
            text("relation_identifier").required(),
            choice("direction", &["outgoing", "incoming"]),
            CURSOR,
            within("limit", 1, 50).about("At most so many; 25 if left out."),
        ],
        reply: &[objects("entity_relations").required(), MORE],
    },
    Described {
        method: "catalog.relationEdges.add",
        summary: "Relates two entities.",
        arguments: &[
            text("relation_identifier").required(),
            text("source_entity_identifier").required(),
            text("target_entity_identifier").required(),
        ],
        reply: &[],
    },
    Described {
        method: "catalog.relationEdges.bulkUpsert",
        summary: "Relates many entities, all or none.",
        arguments: &[
            text("relation_identifier").required(),
            object("edges").required().about("By source, a list of targets; at most 100 edges."),
        ],
        reply: &[],
    },
];

const RELATION_TYPES: &[&str] = &["consumes", "depends on", "parent of", "part of", "provides", "manages"];

const SCORECARD_TYPE: Member = choice("type", &["LEVEL", "POINTS"]);
const FILTER: Member = choice("entity_filter_type", &["entity_types", "sql"]);
const FILTER_TYPES: Member = texts("entity_filter_type_identifiers").about("With the filter entity_types.");
const FILTER_SQL: Member = text("entity_filter_sql").about("With the filter sql.");
const HOURS: Member = whole("evaluation_frequency_hours").about("2, 4, 8 or 24.");
const LEVELS: Member = objects("levels").about("Each with key, name and rank, in a scorecard of levels.");
const GROUPS: Member = objects("check_groups").about("Each with key, name and ordering, in a scorecard of points.");
const CHECKS: Member = objects("checks").about("Each with name, and scorecard_level_key or scorecard_check_group_key.");

/// `scorecards.*` and `initiatives.*`.
pub const SCORECARDS: &[Described] = &[
    Described {
        method: "scorecards.list",
        summary: "Pages through scorecards.",
        arguments: &[flag("include_unpublished"), CURSOR, FIFTY],
        reply: &[objects("scorecards").required(), MORE],
    },
    Described { method: "scorecards.info", summary: "One scorecard.", arguments: &[ID], reply: SCORECARD },
    Described {
        method: "scorecards.create",
        summary: "Makes a scorecard.",
        arguments: &[
            NAME.required(),
            SCORECARD_TYPE.required(),
            FILTER.required(),
            FILTER_TYPES,
            FILTER_SQL,
            DESCRIPTION,
            flag("published"),
            HOURS,
            objects("tags").about("Each with a value."),
            text("empty_level_label"),
            text("empty_level_color"),
            LEVELS,
            GROUPS,
            CHECKS,
        ],
        reply: SCORECARD,
    },
    Described {
        method: "scorecards.update",
        summary: "Changes what is given of a scorecard; levels, groups and checks are replaced, those with an id stay what they are.",
        arguments: &[
            ID,
            NAME,
            SCORECARD_TYPE,
            FILTER,
            FILTER_TYPES,
            FILTER_SQL,
            DESCRIPTION,
            flag("published"),
            HOURS,
            objects("tags"),
            text("empty_level_label"),
            text("empty_level_color"),
            LEVELS,
            GROUPS,
            CHECKS,
        ],
        reply: SCORECARD,
    },
    Described { method: "scorecards.delete", summary: "Deletes a scorecard that no initiative is about.", arguments: &[ID], reply: &[] },
    Described {
        method: "initiatives.list",
        summary: "Pages through initiatives.",
        arguments: &[flag("published"), within("priority", 0, 2), text("tags").about("With commas; all of them."), CURSOR, HUNDRED],
        reply: &[objects("initiatives").required(), MORE],
    },
    Described { method: "initiatives.info", summary: "One initiative.", arguments: &[ID], reply: &[object("initiative").required()] },
    Described {
        method: "initiatives.progressReport",
        summary: "How far each entity is with an initiative.",
        arguments: &[ID, text("entity_type_identifiers").about("With commas; all if left out."), CURSOR, HUNDRED],
        reply: &[objects("entities").required(), MORE],
    },
];
