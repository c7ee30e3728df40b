-- Notices received in the window (den), and of them those closed by the end of :t1 (num).
SELECT r.unit AS unit, r.id AS subject, r.id AS record,
       coalesce(r.state = 'closed' AND coalesce(r.closed_on, '') <= :t1, 0) AS num, 1 AS den,
       coalesce(r.channel, '') AS by1
FROM child_report r
WHERE r.received_on BETWEEN :t0 AND :t1
