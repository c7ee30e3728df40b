-- Ex-prisoners whose case, or a support given to them, was dated in the window.
WITH given(root) AS (
    SELECT coalesce(pr.root, g.client)
    FROM support_grant g LEFT JOIN person_root pr ON pr.person = g.client
    WHERE g.client IS NOT NULL AND g.from_on BETWEEN :t0 AND :t1
)
SELECT x.unit AS unit, coalesce(pr.root, x.person) AS subject, x.id AS record, 1 AS num, NULL AS den,
       coalesce(rp.sex, p.sex, '') AS by1
FROM ex_prisoner_case x
LEFT JOIN person_root pr ON pr.person = x.person
LEFT JOIN person p ON p.id = x.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE x.released_on <= :t1
  AND (x.supported_on BETWEEN :t0 AND :t1
       OR coalesce(pr.root, x.person) IN (SELECT root FROM given))
