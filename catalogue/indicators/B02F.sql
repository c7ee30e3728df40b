-- Services of the window: one for a named client, else the number of people noted.
SELECT s.unit AS unit, s.id AS subject, s.id AS record,
       CASE WHEN s.client IS NULL THEN coalesce(s.people, 1) ELSE 1 END AS num, NULL AS den,
       coalesce(s.funding, '') AS by1
FROM service_event s
WHERE s.on_date BETWEEN :t0 AND :t1
