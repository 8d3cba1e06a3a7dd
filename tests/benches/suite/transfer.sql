-- Achievements in the words of the trade, and one demand, as an importer of another system would find them.
insert into commissioner.achievement
    (id, achievement_no, owner_uscc, title, summary, field, ip_count, maturity, is_key, registration_no,
     collected_on, disputed, classified, co_owner_consent, rights_since, version, external_ref, recorded_at)
select gen_random_uuid(), 'CG' || n, '124200004416255673', k || t || n, '针对' || p || '的问题提出新方案,已完成' || s,
       f, n % 10, n % 9 + 1, false, '', date '2022-01-01' + n % 300, false, false, '',
       date '2022-01-01' + n % 300, 1, '', now()
from generate_series(1, $ACHIEVEMENTS) n,
     lateral (select (array['分布式', '低功耗', '高精度', '绿色', '柔性', '超快'])[n % 6 + 1] k,
                     (array['光纤传感系统', '激光焊接装备', '污水处理工艺', '储能电池材料', '碳化硅器件',
                            '桥梁健康监测平台', '水稻育种方法'])[n % 7 + 1] t,
                     (array['光电', '激光', '环保', '储能', '半导体', '检测', '农业'])[n % 7 + 1] f,
                     (array['响应滞后', '能耗偏高', '精度漂移', '良品率低', '成本居高不下', '噪声过大',
                            '体积过大', '使用寿命不足', '维护困难', '耐腐蚀性不足', '数据时延长'])[n % 11 + 1] p,
                     (array['小试', '中试', '样机验证', '小批量生产', '示范应用'])[n % 5 + 1] s) w;

insert into commissioner.achievement_rights
    (achievement_id, version, disputed, classified, co_owner_consent, effective_on, recorded_at)
select id, version, disputed, classified, co_owner_consent, rights_since, recorded_at
from commissioner.achievement;

insert into commissioner.demand
    (id, demand_no, enterprise_uscc, commissioner_no, field, words, words_digest, budget_fen, collected_on, state,
     state_since, version, external_ref, recorded_at)
values ('$DEMAND', 'XQ1', '91420111MA4KXA0264', '', '光电', '光纤传感系统响应滞后,希望引进成熟方案', '', 0, '2022-01-01',
        'COLLECTED', '2022-01-01', 1, '', now());

insert into commissioner.demand_step (demand_id, version, state, effective_on, evidence, recorded_at)
values ('$DEMAND', 1, 'COLLECTED', '2022-01-01', '', now());

analyze;
