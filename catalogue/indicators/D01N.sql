-- People put on the management list in the window.
SELECT d.unit AS unit, coalesce(pr.root, d.person) AS subject, d.id AS record, 1 AS num, NULL AS den,
       coalesce(d.status, '') AS by1,
       coalesce(rp.sex, p.sex, '') AS by2,
       coalesce(d.list_reason, '') AS by3
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
LEFT JOIN person p ON p.id = d.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
  AND coalesce(d.listed_on, d.dossier_opened_on) BETWEEN :t0 AND :t1
