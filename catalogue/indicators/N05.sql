-- Referrals of the window by what became of them up to :t1; without an answer after the due day they are overdue.
SELECT r.unit AS unit, r.id AS subject, r.id AS record, 1 AS num, NULL AS den,
       CASE WHEN r.state IN ('accepted', 'refused', 'closed') AND coalesce(r.answered_on, '') <= :t1 THEN r.state
            WHEN r.due_on < :t1 THEN 'overdue'
            ELSE 'sent' END AS by1
FROM referral r
WHERE r.on_date BETWEEN :t0 AND :t1
