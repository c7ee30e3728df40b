-- People marked as on substitution treatment whose case is not closed at the end of :t1.
SELECT d.unit AS unit, coalesce(pr.root, d.person) AS subject, d.id AS record, 1 AS num, NULL AS den,
       coalesce(rp.sex, p.sex, '') AS by1
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
LEFT JOIN person p ON p.id = d.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE d.mmt = 1
  AND coalesce(d.listed_on, d.dossier_opened_on, d.found_on, '') <= :t1
  AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t1)
