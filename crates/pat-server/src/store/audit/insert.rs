//! The one statement that writes rows. Columns travel as typed arrays, so that its text is the same however many there are:
//! a connection prepares it once.

use std::collections::HashMap;

use diesel::dsl::AsExprOf;
use diesel::expression::{AsExpression, TypedExpressionType};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Inet, Integer, Jsonb, Nullable, SqlType, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{IntoSql as _, QueryResult};
use diesel_async::RunQueryDsl;
use ipnet::IpNet;
use jiff::Timestamp;
use pat_core::seal::commitment;
use uuid::Uuid;

use super::intern::{Drawn, Known, Origin, Principal, Written, resolve};
use super::row::{ProvedRow, Row};
use crate::store::{Conn, StoreError};

/// Arrays of one length, as they stand in `unnest(…)`.
type Columns<'a> = Box<dyn QueryFragment<Pg> + Send + 'a>;

/// First what rows refer to and isn't written yet, if anything, then the rows: all, or those whose ground still stands.
struct Insert<'a> {
    references: Option<(Columns<'a>, Columns<'a>)>,
    rows: Columns<'a>,
    fence: Option<Fence<'a>>,
}

/// What must still stand: the windows of each row, and each distinct authority once.
struct Fence<'a> {
    windows: Columns<'a>,
    authorities: Columns<'a>,
}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if let Some((principals, clients)) = &self.references {
            out.push_sql(
                "WITH principals AS (INSERT INTO audit_principals \
                 (id, account_id, user_id, user_name, user_email, token_id, token_name, salt, commitment) SELECT * FROM unnest(",
            );
            principals.walk_ast(out.reborrow())?;
            out.push_sql(
                ")), clients AS (INSERT INTO audit_clients (id, account_id, ip, user_agent, client_type, client_version, \
                 agent_name, agent_session_id, agent_model, salt, commitment) SELECT * FROM unnest(",
            );
            clients.walk_ast(out.reborrow())?;
            out.push_sql(")) ");
        }
        out.push_sql(
            "INSERT INTO audit_events (account_id, id, principal_id, client_id, event_type, outcome, reason, method, context, \
             request_id, session_id) SELECT r.account_id, r.id, r.principal_id, r.client_id, r.event_type, r.outcome, r.reason, \
             r.method, r.context, r.request_id, r.session_id FROM unnest(",
        );
        self.rows.walk_ast(out.reborrow())?;
        if let Some(fence) = &self.fence {
            out.push_sql(", ");
            fence.windows.walk_ast(out.reborrow())?;
        }
        out.push_sql(
            ") AS r (account_id, id, principal_id, client_id, event_type, outcome, reason, method, context, request_id, session_id",
        );
        if let Some(fence) = &self.fence {
            // A subquery of its own runs once, whatever the plan of the rest. LEFT JOIN users, as an organization token has none; then
            // both ids are NULL.
            out.push_sql(
                ", holds_from, holds_until, authority) WHERE (SELECT array_agg(a.id IS NOT NULL AND u.id IS NOT DISTINCT FROM g.user_id \
                 AND u.stamp IS NOT DISTINCT FROM g.user_stamp ORDER BY g.n) FROM unnest(",
            );
            fence.authorities.walk_ast(out.reborrow())?;
            out.push_sql(
                ") WITH ORDINALITY AS g (account_id, account_stamp, user_id, user_stamp, n) \
                 LEFT JOIN accounts a ON a.id = g.account_id AND a.stamp = g.account_stamp \
                 LEFT JOIN users u ON u.id = g.user_id AND u.account_id = g.account_id)[r.authority] \
                 AND (r.holds_from IS NULL OR r.holds_from <= pat_now()) AND (r.holds_until IS NULL OR pat_now() < r.holds_until) \
                 RETURNING id",
            );
        } else {
            out.push_sql(")");
        }
        Ok(())
    }
}

/// Cached by its text.
impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Insert<'_> {
    type SqlType = SqlUuid;
}

/// Writes rows. What they brought must be kept only once it is committed.
pub async fn insert_rows(conn: &mut Conn, rows: &[Row], known: &Known, written: &mut Written) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    insert(rows.iter(), known, written, None)?.execute(conn).await?;
    Ok(())
}

/// Writes, as one statement, those rows whose ground still stands, and returns their ids. Nothing may be answered for the
/// others. What they brought must be kept only once it is committed.
pub async fn insert_proved_rows(
    conn: &mut Conn,
    rows: &[ProvedRow],
    known: &Known,
    written: &mut Written,
) -> Result<Vec<Uuid>, StoreError> {
    let fence = fence(rows);
    Ok(insert(rows.iter().map(|proved| &proved.row), known, written, Some(fence))?.load(conn).await?)
}

fn insert<'a>(
    rows: impl Iterator<Item = &'a Row> + Clone,
    known: &Known,
    written: &mut Written,
    fence: Option<Fence<'a>>,
) -> Result<Insert<'a>, StoreError> {
    let (principal_ids, principals) = resolve(&known.principals, &mut written.principals, rows.clone().map(|row| row.principal.as_ref()));
    let (client_ids, clients) = resolve(&known.clients, &mut written.clients, rows.clone().map(|row| Some(&row.client)));
    let references =
        if principals.is_empty() && clients.is_empty() { None } else { Some((self::principals(&principals)?, self::clients(&clients)?)) };
    let rows = (
        array::<SqlUuid, _, _>(rows.clone(), |row| row.account_id),
        array::<SqlUuid, _, _>(rows.clone(), |row| row.id),
        principal_ids.into_sql::<Array<Nullable<BigInt>>>(),
        client_ids.into_sql::<Array<Nullable<BigInt>>>(),
        array::<Text, _, _>(rows.clone(), |row| row.event_type),
        array::<Text, _, _>(rows.clone(), |row| row.outcome),
        array::<Nullable<Text>, _, _>(rows.clone(), |row| row.reason),
        array::<Nullable<Text>, _, _>(rows.clone(), |row| row.method.as_deref()),
        array::<Jsonb, _, _>(rows.clone(), |row| &row.context),
        array::<SqlUuid, _, _>(rows.clone(), |row| row.request_id),
        array::<Nullable<SqlUuid>, _, _>(rows, |row| row.session_id),
    );
    Ok(Insert { references, rows: Box::new(rows), fence })
}

/// One column of all rows.
fn array<'a, ST, T, R: 'a>(rows: impl Iterator<Item = &'a R>, of: impl Fn(&'a R) -> T) -> AsExprOf<Vec<T>, Array<ST>>
where
    ST: 'static,
    Array<ST>: SqlType + TypedExpressionType,
    Vec<T>: AsExpression<Array<ST>>,
{
    AsExpression::<Array<ST>>::as_expression(rows.map(of).collect::<Vec<T>>())
}

fn principals<'a>(drawn: &[Drawn<'a>]) -> Result<Columns<'a>, StoreError> {
    let rows = drawn.iter().map(|drawn| Ok((drawn.id, drawn.fields::<Principal<'a>>()?, Uuid::new_v4())));
    let rows: Vec<_> = rows.collect::<Result<_, postcard::Error>>().map_err(|error| StoreError::Defect(error.into()))?;
    Ok(Box::new((
        array::<BigInt, _, _>(rows.iter(), |(id, ..)| *id),
        array::<SqlUuid, _, _>(rows.iter(), |(_, of, _)| of.account_id),
        array::<Nullable<SqlUuid>, _, _>(rows.iter(), |(_, of, _)| of.user_id),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, _)| of.user_name),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, _)| of.user_email),
        array::<Nullable<SqlUuid>, _, _>(rows.iter(), |(_, of, _)| of.token_id),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, _)| of.token_name),
        array::<SqlUuid, _, _>(rows.iter(), |(.., salt)| *salt),
        array::<Binary, _, _>(rows.iter(), |(_, of, salt)| commitment(salt.as_bytes(), &[of.user_name, of.user_email, of.token_name])),
    )))
}

fn clients<'a>(drawn: &[Drawn<'a>]) -> Result<Columns<'a>, StoreError> {
    let rows = drawn.iter().map(|drawn| {
        let of = drawn.fields::<Origin<'a>>()?;
        Ok((drawn.id, of, of.ip.map(IpNet::from), Uuid::new_v4()))
    });
    let rows: Vec<_> = rows.collect::<Result<_, postcard::Error>>().map_err(|error| StoreError::Defect(error.into()))?;
    Ok(Box::new((
        array::<BigInt, _, _>(rows.iter(), |(id, ..)| *id),
        array::<SqlUuid, _, _>(rows.iter(), |(_, of, ..)| of.account_id),
        array::<Nullable<Inet>, _, _>(rows.iter(), |(_, _, ip, _)| *ip),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, ..)| of.user_agent),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, ..)| of.client_type),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, ..)| of.client_version),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, ..)| of.agent_name),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, ..)| of.agent_session_id),
        array::<Nullable<Text>, _, _>(rows.iter(), |(_, of, ..)| of.agent_model),
        array::<SqlUuid, _, _>(rows.iter(), |(.., salt)| *salt),
        array::<Binary, _, _>(rows.iter(), |(_, of, ip, salt)| {
            let ip = ip.map(|ip| ip.to_string());
            let Origin { user_agent, client_type, client_version, agent_name, agent_session_id, agent_model, .. } = *of;
            let fields = [ip.as_deref(), user_agent, client_type, client_version, agent_name, agent_session_id, agent_model];
            commitment(salt.as_bytes(), &fields)
        }),
    )))
}

fn fence<'a>(rows: &[ProvedRow]) -> Fence<'a> {
    let mut numbers = HashMap::new();
    let mut authorities = Vec::new();
    let numbers: Vec<i32> = rows
        .iter()
        .map(|ProvedRow { row, proof }| {
            let authority = (row.account_id, proof.account_stamp, proof.user.map(|(id, _)| id.0), proof.user.map(|(_, stamp)| stamp));
            *numbers.entry(authority).or_insert_with(|| {
                authorities.push(authority);
                // As Postgres counts them.
                i32::try_from(authorities.len()).unwrap_or(i32::MAX)
            })
        })
        .collect();
    let at = |instant: Option<Timestamp>| instant.map(jiff_diesel::Timestamp::from);
    Fence {
        windows: Box::new((
            array::<Nullable<Timestamptz>, _, _>(rows.iter(), |proved| at(proved.proof.window.from)),
            array::<Nullable<Timestamptz>, _, _>(rows.iter(), |proved| at(proved.proof.window.until)),
            numbers.into_sql::<Array<Integer>>(),
        )),
        authorities: Box::new((
            array::<SqlUuid, _, _>(authorities.iter(), |(account, ..)| *account),
            array::<SqlUuid, _, _>(authorities.iter(), |(_, stamp, ..)| *stamp),
            array::<Nullable<SqlUuid>, _, _>(authorities.iter(), |(_, _, user, _)| *user),
            array::<Nullable<SqlUuid>, _, _>(authorities.iter(), |(.., stamp)| *stamp),
        )),
    }
}
