-- Volunteer teams of T01 (den), and of them those with an approved regulation with the added duties (num).
SELECT t.unit AS unit, t.id AS subject, t.id AS record,
       coalesce(t.regulation_no IS NOT NULL AND coalesce(t.regulation_on, '') <= :t1
                AND t.regulation_extra_duties = 1, 0) AS num,
       1 AS den
FROM team t
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
