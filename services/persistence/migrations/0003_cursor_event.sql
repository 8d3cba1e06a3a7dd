-- A reader of a feed knows the event that it stands on: a producer that was put back tells another one there.

alter table platform.cursor add column event_id uuid;
comment on column platform.cursor.event_id is 'Id of the event at the position; null at the beginning of the feed.';
