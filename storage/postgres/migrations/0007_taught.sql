-- An application counts once among the learned, however often it is corrected or reopened.
ALTER TABLE outcome_standings
    ADD COLUMN taught_hired boolean NOT NULL DEFAULT false,
    ADD COLUMN taught_not_hired boolean NOT NULL DEFAULT false;

UPDATE outcome_standings
SET taught_hired = taught.hired, taught_not_hired = taught.not_hired
FROM (SELECT application_id, bool_or(label) AS hired, bool_or(NOT label) AS not_hired
      FROM outcomes
      WHERE label IS NOT NULL
      GROUP BY application_id) AS taught
WHERE outcome_standings.application_id = taught.application_id;
