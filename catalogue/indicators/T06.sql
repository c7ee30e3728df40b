-- Post-rehab people helped to reintegrate: clients of an assignment for post-rehab help to a volunteer at some
-- day of the window.
SELECT a.unit AS unit, coalesce(pr.root, a.client) AS subject, a.id AS record, 1 AS num, NULL AS den,
       coalesce(rp.sex, p.sex, '') AS by1
FROM assignment a
LEFT JOIN person_root pr ON pr.person = a.client
LEFT JOIN person p ON p.id = a.client
LEFT JOIN person rp ON rp.id = pr.root
WHERE a.member IS NOT NULL
  AND a.purpose = 'post_rehab'
  AND a.from_on <= :t1 AND (a.to_on IS NULL OR a.to_on >= :t0)
