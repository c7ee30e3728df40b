-- Women who were given help to a job, vocational training or a loan that began in the window.
SELECT g.unit AS unit, coalesce(pr.root, g.client) AS subject, g.id AS record,
       1 AS num, NULL AS den, coalesce(g.kind, '') AS by1
FROM support_grant g
LEFT JOIN person_root pr ON pr.person = g.client
LEFT JOIN person p ON p.id = g.client
LEFT JOIN person rp ON rp.id = pr.root
WHERE coalesce(rp.sex, p.sex, '') = 'female'
  AND g.kind IN ('job', 'vocational', 'loan')
  AND g.from_on BETWEEN :t0 AND :t1
