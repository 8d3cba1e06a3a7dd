-- What subsidy followed of the registry is kept by the mirror that every service has (platform.mirror_…), which also
-- holds more of it. Everything is followed again from the beginning: an event that had its effect has no other.

drop table subsidy.qualification_assessment;
drop table subsidy.qualification;
drop table subsidy.subject_status;
drop table subsidy.subject;
drop table subsidy.calendar_day;
delete from subsidy.account_correction;
delete from platform.cursor where producer = 'registry';
