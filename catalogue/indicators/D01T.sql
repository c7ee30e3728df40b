-- People on the management list before the first day of the window. In each commune D01T + D01N - D01C = D01.
SELECT d.unit AS unit, coalesce(pr.root, d.person) AS subject, d.id AS record, 1 AS num, NULL AS den,
       coalesce(d.status, '') AS by1, coalesce(rp.sex, p.sex, '') AS by2
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
LEFT JOIN person p ON p.id = d.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
      AND coalesce(d.listed_on, d.dossier_opened_on, '') <= date(:t0, '-1 day')
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > date(:t0, '-1 day'))
