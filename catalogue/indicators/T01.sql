-- Volunteer teams that exist and work at the end of :t1. One row per team.
SELECT t.unit AS unit, t.id AS subject, t.id AS record, 1 AS num, NULL AS den
FROM team t
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
