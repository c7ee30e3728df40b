-- People (not decisions) with a decision on compulsory rehab in force since a day of the window (den), and of them
-- those with one executed by its due day (num). Lawfully postponed or exempt ones are left out of both.
SELECT o.unit AS unit, coalesce(pr.root, o.person) AS subject, o.id AS record,
       coalesce(o.executed_on <= o.due_execute_on, 0) AS num, 1 AS den
FROM court_order o
LEFT JOIN person_root pr ON pr.person = o.person
WHERE o.measure = 'compulsory_rehab'
  AND coalesce(o.effective_on, o.decided_on) BETWEEN :t0 AND :t1
  AND coalesce(o.not_executed_reason, '') NOT IN ('postponed', 'exempt')
