-- Volunteer teams of T01 (den), and of them those with an activity plan and an estimate of the year of :t1 that
-- the People's Council approved by the cut-off month and day :p_budget_cutoff (num). An estimate that names no
-- team is that of all volunteer teams of its commune.
SELECT t.unit AS unit, t.id AS subject, t.id AS record,
       EXISTS (SELECT 1 FROM budget_estimate b
               WHERE (b.team = t.id OR (b.team IS NULL AND b.unit = t.unit))
                 AND b.year = CAST(strftime('%Y', :t1) AS INTEGER)
                 AND b.plan_no IS NOT NULL
                 AND b.hdnd_approved_on <= :t1
                 AND b.hdnd_approved_on <= strftime('%Y', :t1) || '-' || :p_budget_cutoff) AS num,
       1 AS den
FROM team t
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
