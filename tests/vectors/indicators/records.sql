-- Records counted by hand for expected.csv. Three communes of Vĩnh Cửu: A = 26170, B = 26173, C = 26176.
-- Windows: the first six months of 2023 (2023-01-01 to 2023-06-30) and its third quarter.
-- Ids are short texts here; "link" feeds the view person_root.

-- v: volunteers, c: clients. v6 is v2 and c3 is c1, each registered in a second commune.
INSERT INTO person (id, unit, full_name, sex) VALUES
 ('v1','26170','Lê Thị Một','female'), ('v2','26170','Trần Văn Hai','male'), ('v3','26170','Võ Văn Ba','male'),
 ('v4','26170','Đỗ Văn Bốn','male'), ('v5','26170','Hồ Thị Năm','female'), ('v6','26173','Trần Văn Hai','other'),
 ('v7','26173','Lý Văn Bảy','male'), ('v8','26176','Bùi Thị Tám','female'), ('v9','26176','Ngô Văn Chín','male'),
 ('v10','26170','Mai Văn Mười','male'),
 ('c1','26170','Phạm Văn Một','male'), ('c2','26170','Phạm Thị Hai','female'), ('c3','26173','Phạm V. Một','other'),
 ('c4','26173','Phạm Văn Bốn','male'), ('c5','26170','Phạm Văn Năm','male'), ('c6','26170','Phạm Văn Sáu','male'),
 ('c7','26173','Phạm Văn Bảy','male'), ('c8','26170','Phạm Thị Tám','female'), ('c9','26170','Phạm Văn Chín','male');
INSERT INTO link (person, root) VALUES ('v6','v2'), ('c3','c1');

-- tB is dissolved the day after the six months, tB2 on their last day; tC begins on their last day.
INSERT INTO team (id, unit, name, kind, founded_on, state, state_since) VALUES
 ('tA','26170','Đội A','volunteer_team','2020-01-01','active',NULL),
 ('tA2','26170','Tổ A','post_rehab_group','2020-01-01','active',NULL),
 ('tB','26173','Đội B','volunteer_team','2019-01-01','dissolved','2023-07-01'),
 ('tB2','26173','Đội B2','volunteer_team','2019-01-01','dissolved','2023-06-30'),
 ('tC','26176','Đội C','volunteer_team','2023-06-30','active','2023-06-30');

-- v4 left on the last day, v5 the day after; v7 joined the day after, v6 on the last day; v10 moved from A to B.
INSERT INTO team_member (id, unit, person, team, role, organisation, joined_on, left_on) VALUES
 ('m1','26170','v1','tA','leader','womens_union','2020-01-01',NULL),
 ('m2','26170','v2','tA','member','youth_union','2020-01-01',NULL),
 ('m3','26170','v3','tA','comm_collaborator',NULL,'2020-01-01',NULL),
 ('m4','26170','v4','tA','member',NULL,'2020-01-01','2023-06-30'),
 ('m5','26170','v5','tA','member',NULL,'2020-01-01','2023-07-01'),
 ('m10a','26170','v10','tA','member',NULL,'2021-01-01','2023-04-01'),
 ('m10b','26173','v10','tB','member',NULL,'2023-04-01',NULL),
 ('m6','26173','v6','tB','member',NULL,'2023-06-30',NULL),
 ('m7','26173','v7','tB','member',NULL,'2023-07-01',NULL),
 ('mX','26173','v7','tB2','member',NULL,'2019-01-01',NULL),
 ('m8','26176','v8','tC','leader',NULL,'2023-06-30',NULL),
 ('m9','26176','v9','tC','deputy',NULL,'2023-06-30',NULL);

-- a1 ends on the first day, a2 begins on the last, a3 ended the day before, a6 begins the day after.
INSERT INTO assignment (id, unit, member, assignee_org, client, purpose, from_on, to_on, result) VALUES
 ('a1','26170','m1',NULL,'c1','persuade_rehab','2022-01-01','2023-01-01','entered_rehab'),
 ('a2','26170','m2',NULL,'c2','post_rehab','2023-06-30',NULL,NULL),
 ('a3','26170','m5',NULL,'c1','persuade_rehab','2022-01-01','2022-12-31','none'),
 ('a4','26173','m10b',NULL,'c4','ex_prisoner','2023-04-01',NULL,NULL),
 ('a5','26173',NULL,'police','c7','persuade_rehab','2023-01-01',NULL,NULL),
 ('a6','26173','m6',NULL,'c3','support_rehab','2023-07-01',NULL,NULL);

INSERT INTO contact_log (id, unit, assignment, client, on_date, by_member) VALUES
 ('k1','26170',NULL,'c8','2023-03-03','m1'), ('k2','26170','a1','c1','2023-02-02','m1'),
 ('k3','26170',NULL,'c9','2022-12-31','m1'), ('k4','26173','a5','c7','2023-02-02',NULL),
 ('k5','26173',NULL,'c3','2023-05-05','m6');

-- d2 is closed on the last day, d4 the day after (its mark is gone already); d3 is listed on the last day, d6 the
-- day after; d5 was never on the list.
INSERT INTO drug_case (id, unit, person, status, in_list, listed_on, dossier_closed_on, close_reason) VALUES
 ('d1','26170','c1','addict',1,'2022-05-01',NULL,NULL),
 ('d2','26170','c2','user',1,'2023-02-01','2023-06-30','stable'),
 ('d3','26173','c3','addict',1,'2023-06-30',NULL,NULL),
 ('d4','26173','c4','addict',0,'2021-01-01','2023-07-01','died'),
 ('d5','26170','c5','suspected',0,NULL,NULL,NULL),
 ('d6','26170','c6','addict',1,'2023-07-01',NULL,NULL);

INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('e1','26170','c1','community','2023-01-01','2023-03-01'), ('e2','26173','c3','facility','2023-06-30',NULL),
 ('e3','26170','c2','home','2023-03-01',NULL), ('e4','26173','c7','compulsory','2023-02-01',NULL),
 ('e5','26170','c1','home','2022-12-31','2023-01-15');

-- q2 had its last session before, q3 is closed the day after, q4 does not work any more on the last day.
INSERT INTO counselling_point (id, unit, name, opened_on, state, state_since) VALUES
 ('q1','26170','Điểm A','2022-01-01','active',NULL), ('q2','26173','Điểm B','2022-01-01','active',NULL),
 ('q3','26176','Điểm C','2022-01-01','closed','2023-07-01'),
 ('q4','26170','Điểm A2','2022-01-01','suspended','2023-05-01');
INSERT INTO point_session (id, unit, point, on_date, kind, clients) VALUES
 ('s1','26170','q1','2023-01-01','group',5), ('s2','26173','q2','2022-12-31','group',7),
 ('s3','26176','q3','2023-06-30','meeting',0), ('s4','26170','q4','2023-02-02','individual',3),
 ('s5','26170','q1','2023-07-01','group',9);

INSERT INTO budget_estimate (id, unit, team, year, plan_no, submitted_on, hdnd_approved_on) VALUES
 ('b1','26170','tA',2023,'1/KH','2023-01-05','2023-03-31'), ('b2','26173','tB',2023,'2/KH','2023-01-05','2023-04-01'),
 ('b3','26176',NULL,2023,'3/KH','2023-01-05','2023-01-15'), ('b4','26173','tB',2022,'4/KH','2022-01-05','2022-01-15'),
 ('b5','26173','tB',2023,NULL,'2023-01-05','2023-01-15');

INSERT INTO activity (id, unit, title, kind, field, on_date, participants, distinct_people, channel) VALUES
 ('x1','26170','Tuyên truyền','direct','drugs','2023-01-01',50,45,'direct'),
 ('x2','26170','Giao ban','briefing','social_work','2023-02-01',10,10,NULL),
 ('x3','26173','Tập huấn','training','drugs','2023-06-30',30,NULL,NULL),
 ('x4','26173','Nói chuyện','talk','hiv','2023-07-01',20,20,'direct');

-- 2021: nine communes with one volunteer each, to see who is exempt in its first six months, and other edges.
-- All of it is over at the end of 2021.
INSERT INTO person (id, unit, full_name, sex) VALUES
 ('vD','26179','Người D','male'),
 ('vE','26182','Người E','male'),
 ('vF','26185','Người F','male'),
 ('vG','26188','Người G','male'),
 ('vH','26191','Người H','male'),
 ('vI','26194','Người I','male'),
 ('vJ','26197','Người J','male'),
 ('vK','26200','Người K','male'),
 ('vL','26203','Người L','male'),
 ('cD','26179','Đối tượng D','female'),
 ('cE','26182','Đối tượng E','female'),
 ('cF','26185','Đối tượng F','female'),
 ('cG','26188','Đối tượng G','female'),
 ('cH','26191','Đối tượng H','female'),
 ('cI','26194','Đối tượng I','female'),
 ('cJ','26197','Đối tượng J','female'),
 ('cK','26200','Đối tượng K','female'),
 ('cL','26203','Đối tượng L','female');
INSERT INTO team (id, unit, name, kind, founded_on, state, state_since) VALUES
 ('tD','26179','Đội D','volunteer_team','2021-06-30','dissolved','2021-12-31'),
 ('tE','26182','Đội E','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tF','26185','Đội F','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tG','26188','Đội G','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tH','26191','Đội H','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tI','26194','Đội I','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tJ','26197','Đội J','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tK','26200','Đội K','volunteer_team','2021-01-01','dissolved','2021-12-31'),
 ('tL','26203','Đội L','volunteer_team','2021-01-01','dissolved','2021-12-31');
INSERT INTO team_member (id, unit, person, team, role, joined_on, left_on) VALUES
 ('mD','26179','vD','tD','deputy','2021-01-01','2021-12-31'),
 ('mE','26182','vE','tE','member','2021-01-01','2021-12-31'),
 ('mF','26185','vF','tF','leader','2021-01-01','2021-12-31'),
 ('mG','26188','vG','tG','member','2021-01-01','2021-12-31'),
 ('mH','26191','vH','tH','member','2021-01-01','2021-12-31'),
 ('mI','26194','vI','tI','member','2021-01-01','2021-12-31'),
 ('mJ','26197','vJ','tJ','member','2021-01-01','2021-12-31'),
 ('mK','26200','vK','tK','member','2021-01-01','2021-12-31'),
 ('mL','26203','vL','tL','member','2021-01-01','2021-12-31');
-- dK1 was taken off the list without a closing day, dK2 never listed; dG has only the day of its dossier.
INSERT INTO drug_case
 (id, unit, person, status, in_list, listed_on, dossier_opened_on, dossier_closed_on, close_reason)
VALUES
 ('dD','26179','cD','addict',1,'2021-06-30',NULL,'2021-12-01','other'),
 ('dE','26182','cE','addict',1,'2020-01-01',NULL,'2021-01-01','other'),
 ('dF','26185','cF','addict',0,'2020-01-01',NULL,'2021-01-02','other'),
 ('dG','26188','cG','user',1,NULL,'2021-02-01','2021-06-30','other'),
 ('dI','26194','cI','addict',1,'2021-07-01',NULL,'2021-12-01','other'),
 ('dK1','26200','cK','addict',0,'2021-01-05',NULL,NULL,NULL),
 ('dK2','26200','cK','addict',0,NULL,'2021-01-05','2021-03-03','other');
INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('eH','26191','cH','home','2020-01-01','2021-01-01'),
 ('eI','26194','cI','home','2020-01-01','2020-12-31'),
 ('eI2','26194','cI','home','2021-07-01','2021-08-01'),
 ('eL','26203','cL','home','2021-07-01','2021-08-01'),
 ('eD','26179','cD','home','2021-08-01','2021-09-01');
INSERT INTO assignment (id, unit, member, assignee_org, client, purpose, from_on, to_on, result) VALUES
 ('aJ','26197',NULL,'police','cJ','support_rehab','2021-06-30','2021-12-01',NULL),
 ('aK1','26200','mK',NULL,'cK','ex_prisoner','2021-01-01','2021-12-01',NULL),
 ('aK2','26200','mK',NULL,'cK','persuade_rehab','2020-01-01','2020-12-31',NULL),
 ('aK3','26200','mK',NULL,'cK','post_rehab','2021-07-01','2021-08-01',NULL),
 ('aL','26203','mL',NULL,'cL','post_rehab','2020-01-01','2021-01-01',NULL),
 ('aL2','26203','mL',NULL,'cL','support_rehab','2021-07-01','2021-07-01',NULL),
 ('aD','26179','mD',NULL,'cD','persuade_rehab','2021-07-01','2021-07-01','none'),
 ('aH','26191','mH',NULL,'cH','persuade_rehab','2021-01-01','2021-06-30','entered_rehab');
INSERT INTO contact_log (id, unit, assignment, client, on_date, by_member) VALUES
 ('kE','26182',NULL,'cE','2021-01-01','mE');
INSERT INTO rehab_episode (id, unit, person, kind, start_on, end_on) VALUES
 ('eH2','26191','cH','facility','2021-07-02','2021-08-01');
INSERT INTO counselling_point (id, unit, name, opened_on, state, state_since) VALUES
 ('qD','26179','Điểm D','2021-06-30','closed','2021-12-31'),
 ('qE','26182','Điểm E','2021-01-01','closed','2021-06-30'),
 ('qF','26185','Điểm F','2021-01-01','active','2021-06-30');
INSERT INTO point_session (id, unit, point, on_date, kind, clients) VALUES
 ('sD','26179','qD','2021-06-30','group',1),
 ('sE','26182','qE','2021-02-02','group',1),
 ('sF','26185','qF','2021-01-01','group',1);
-- One activity of every kind.
INSERT INTO activity (id, unit, title, kind, field, on_date, participants, distinct_people) VALUES
 ('z0','26179','Hoạt động','direct','other','2021-03-01',3,1),
 ('z1','26179','Hoạt động','behaviour_change','other','2021-03-02',3,1),
 ('z2','26179','Hoạt động','talk','other','2021-03-03',3,1),
 ('z3','26179','Hoạt động','seminar','other','2021-03-04',3,1),
 ('z4','26179','Hoạt động','forum','other','2021-03-05',3,1),
 ('z5','26179','Hoạt động','contest','other','2021-03-06',3,1),
 ('z6','26179','Hoạt động','rally','other','2021-03-07',3,1),
 ('z7','26179','Hoạt động','exchange','other','2021-03-08',3,1),
 ('z8','26179','Hoạt động','dialogue','other','2021-03-09',3,1),
 ('z9','26179','Hoạt động','club_meeting','other','2021-03-01',3,1),
 ('z10','26179','Hoạt động','training','other','2021-03-02',3,1),
 ('z11','26179','Hoạt động','interim_review','other','2021-03-03',3,1),
 ('z12','26179','Hoạt động','final_review','other','2021-03-04',3,1),
 ('z13','26179','Hoạt động','briefing','other','2021-03-05',3,1),
 ('z14','26179','Hoạt động','inspection','other','2021-03-06',3,1),
 ('z15','26179','Hoạt động','survey','other','2021-03-07',3,1),
 ('z16','26179','Hoạt động','relief','other','2021-03-08',3,1),
 ('z17','26179','Hoạt động','fundraising','other','2021-03-09',3,1),
 ('z18','26179','Hoạt động','study_visit','other','2021-03-01',3,1);
