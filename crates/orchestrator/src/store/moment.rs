//! A time as Postgres has it: any that a row may hold, be it none that chrono can hold, as `infinity`, at which the
//! driver's own reading of times panics.

use chrono::{DateTime, Utc};
use sqlx::{
    Decode, Postgres, Type,
    error::BoxDynError,
    postgres::{PgTypeInfo, PgValueFormat, PgValueRef},
};

/// Microseconds from 1970 to 2000, from where Postgres counts.
const TO_2000: i64 = 946_684_800_000_000;

/// A `timestamptz` of a row.
pub(super) struct Moment(pub(super) DateTime<Utc>);

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        <DateTime<Utc> as Type<Postgres>>::type_info()
    }
}

impl Decode<'_, Postgres> for Moment {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() != PgValueFormat::Binary {
            return Err("a time came as text".into());
        }
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        let time = micros.checked_add(TO_2000);
        let time = time.and_then(DateTime::from_timestamp_micros);
        time.map(Self)
            .ok_or_else(|| "it is not a time that can be shown".into())
    }
}
