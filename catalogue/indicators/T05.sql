-- People persuaded into rehab: a rehab episode of theirs started in the window while, or after, a volunteer was
-- assigned to persuade or support them. Counted by the commune whose volunteer it was.
WITH task(unit, root, from_on) AS MATERIALIZED (
    SELECT a.unit, coalesce(pa.root, a.client), a.from_on
    FROM assignment a
    LEFT JOIN person_root pa ON pa.person = a.client
    WHERE a.member IS NOT NULL AND a.purpose IN ('persuade_rehab', 'support_rehab')
      AND (a.to_on IS NULL OR a.to_on >= :t0 OR a.result = 'entered_rehab')
)
SELECT t.unit AS unit, t.root AS subject, e.id AS record, 1 AS num, NULL AS den, coalesce(e.kind, '') AS by1
FROM rehab_episode e
LEFT JOIN person_root pe ON pe.person = e.person
JOIN task t ON t.root = coalesce(pe.root, e.person) AND t.from_on <= e.start_on
WHERE e.start_on BETWEEN :t0 AND :t1
