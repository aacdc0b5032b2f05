import time, pytest
from tests.pages.conftest import *
from tests.pages.conftest import _client
from tests.browser import seed, seed_agreement as s
from central.reports.agreement import gathering, looking, bridge, money
from central.reports.agreement.looking import look, seen
from central.reports.agreement.gathering import last_over
from central.campus.models import Building
from central.link.models import GatewayEntry
pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
OUT=open("/tmp/agree_big.txt","w")
def out(*a): print(*a,file=OUT,flush=True)
def timed(name,f):
    t=time.process_time(); w=time.perf_counter(); r=f(); out(name,"cpu %.2f wall %.2f"%(time.process_time()-t,time.perf_counter()-w)); return r
def test_big(db):
    seed.people(); seed.campus(buildings=1, rooms=120)
    s.people_of_agreement()
    now=clock.now_ms(); p=last_over(now); f,u=s.instants_of(p)
    made=s.a_period("1",p)
    accs=s.accounts_of("1")
    b1=Building.objects.get(code="1"); gw=b1.gateway
    last={}
    for e in GatewayEntry.objects.filter(epoch="past",at_ms__lte=u).order_by("seq"): last[e.account]=(e.lines[0][3],e.carried_nano_yuan)
    rows=[];seq=10_000_000
    for a in accs:
        b,c=last[a.code]
        for h in range(300):
            wh=40; nano=wh*s.PRICE+c; micro,c=divmod(nano,1000); b-=micro; seq+=1
            rows.append(GatewayEntry(entry=f"x{seq}",gateway=gw,epoch="big",seq=seq,account=a.code,kind="consumption",cause="hour",at_ms=f+15*s.DAY_MS+h*2000_000,at_trusted=True,boot="b",monotonic_ms=1,energy_wh=wh,micro_yuan_per_kwh=s.PRICE,carried_nano_yuan=c,lines=[["paid","yuan",-micro,b]],booked=True,received_ms=f+15*s.DAY_MS+h*2000_000))
    GatewayEntry.objects.bulk_create(rows,batch_size=5000)
    timed("bridge of 120 rooms, %d entries"%len(rows),lambda:bridge.bridge_of(b1,p,None,now))
    timed("money rows",lambda:money.card_room(gathering.beside(p,now),["1"]))
    theirs=s.receipts_of(p); s.brought_in(s.k3_list(theirs[:-3]),s.Party.K3,s.Grain.ROWS,p,"x.csv")
    timed("look",lambda:look(p,["1"],now))
    timed("look again",lambda:look(p,["1"],now))
    timed("seen",lambda:seen(b1,p))
    from central.reports.agreement.models import Standing
    st=Standing.objects.get(); out("kept bytes",len(st.content),len(st.explained),st.lines)
    c=_client("cashier"); timed("board",lambda:c.get("/agreement/"))
    url=f"/agreement/202611/{b1.pk}/"
    r=timed("building page",lambda:c.get(url)); out(len(r.content))
    txt="楼栋,房间,收据号,日期,金额\n"+"".join(f"1,1-101,{n},{p.last},5.00\n" for n in range(100_000))
    from central.reports.agreement.outside import end_list
    fin=s.User.objects.get(username="finance")
    end_list(1,why="x",actor=fin,now_ms=now)
    pl=timed("plan 100k",lambda:s.plan_list(txt.encode("gbk"),s.Party.K3,s.Grain.ROWS,p)); out(len(pl.rows),pl.findings[:2])
    timed("bring in 100k",lambda:s.bring_in(pl,txt.encode("gbk"),"a",actor=fin,now_ms=now))
    timed("look waited for, 100k rows",lambda:look(p,["1"],now,budget=looking.SHORT_BUDGET,most_rows=looking.MOST_ROWS_WAITED_FOR))
    timed("look 100k rows",lambda:look(p,["1"],now))
    r=timed("building page",lambda:c.get(url)); out(r.status_code,len(r.content))
