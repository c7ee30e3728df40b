-- Calls of the window.
SELECT h.unit AS unit, h.id AS subject, h.id AS record, 1 AS num, NULL AS den,
       coalesce(h.topic, '') AS by1, coalesce(h.client_group, '') AS by2
FROM hotline_call h
WHERE h.on_date BETWEEN :t0 AND :t1
