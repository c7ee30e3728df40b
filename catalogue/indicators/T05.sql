-- People persuaded into rehab: a rehab episode of theirs started in the window while, or after, a volunteer was
-- assigned to persuade or support them. Counted by the commune whose volunteer it was.
SELECT a.unit AS unit, coalesce(pe.root, e.person) AS subject, e.id AS record, 1 AS num, NULL AS den,
       coalesce(e.kind, '') AS by1
FROM rehab_episode e
LEFT JOIN person_root pe ON pe.person = e.person
JOIN assignment a ON a.member IS NOT NULL
    AND a.purpose IN ('persuade_rehab', 'support_rehab')
    AND a.from_on <= e.start_on
    AND (a.to_on IS NULL OR a.to_on >= :t0 OR a.result = 'entered_rehab')
LEFT JOIN person_root pa ON pa.person = a.client
WHERE e.start_on BETWEEN :t0 AND :t1
  AND coalesce(pa.root, a.client) = coalesce(pe.root, e.person)
