// What a district decides besides reports and conflicts, in the same browser and office as hub.test.mjs:
// moves, mergers, parcels kept apart, registers, exports. `at`: {page, hub, given, look, tool…} of that test.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { eyes } from "./steps.mjs";
import { folder, tool, until } from "./world.mjs";

const OFFERED = "Lê Chuyển Đi";
const PAPER = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(5000, "x")]); // taken for what it begins with

export function makeDuties(at) {
  const { field, button, link, heading } = eyes(() => at.page);
  const section = (name) => at.page.locator("section").filter({ has: at.page.getByRole("heading", { level: 2, name, exact: true }) });
  const text = (words) => at.page.getByText(words).first();
  const node = (n, ...args) => tool("dongbo-node", ...args, "--data", at.hub.nodes[n].dir);
  const open = (summary) => at.page.locator("summary", { hasText: summary }).first().click();
  const hubSays = (...args) => JSON.parse(tool("dongbo-hub", ...args, "--json", "--data", at.hub.data));
  const pcOf = (name) => hubSays("nodes").nodes.find((n) => n.name === name);
  /** Of what the revoked PC sent, what counts as a record now. */
  const people = () => hubSays("list", "--type", "person", "--max", "5000").rows.map((r) => r.values.full_name).filter((n) => /^(Phần Để Riêng|Đến Sau Trên USB)$/.test(n));
  const labelOf = async (option) => ({ label: (await option.textContent()).trim() });
  /** The page shows what the hub has now, however it came there. */
  const to = async (name, title = name) => { await link(name).click(); await heading(title).waitFor(); };
  const fetched = async (press) => {
    const [download] = await Promise.all([at.page.waitForEvent("download"), press()]);
    const file = path.join(folder, `taken-${download.suggestedFilename()}`);
    await download.saveAs(file);
    return fs.readFileSync(file);
  };

  return {
    async triggers() {
      node(0, "put", "--type", "child_report", "received_on=2023-12-20", "channel=national_111", "act=violence", "state=received", "urgent=1");
      node(0, "sync");
      const form = section("Điều phải báo cáo đột xuất");
      await form.getByLabel("Tính đến hết ngày").fill("31/12/2023");
      await form.getByRole("button", { name: "Kiểm tra" }).click();
      await form.getByText(/^\d+ dấu hiệu, tính đến 31\/12\/2023/).waitFor();
      await form.getByRole("row", { name: /Phường Tân Triều Tin báo xâm hại trẻ em khẩn cấp/ }).waitFor();
    },

    async moves() {
      const id = JSON.parse(node(0, "put", "--type", "person", `full_name=${OFFERED}`, "sex=male", "dob=1979-03-02", "--json")).id;
      node(0, "sync");
      await at.page.goto(`${at.hub.url}#/record/${id}`);
      await heading(OFFERED).waitFor();
      await open("Chuyển hoặc chia sẻ hồ sơ này");
      await text("Đang có hồ sơ này: Phường Tân Triều (giữ và tính)").waitFor();
      await field("Chia sẻ với").selectOption({ label: "Xã Tân Bình" });
      await field("Được làm gì").selectOption({ label: "chỉ xem" });
      await button("Chia sẻ").click();
      await text("Xã Tân Bình (được xem)").waitFor();
      await field("Được làm gì").selectOption({ label: "thôi chia sẻ" });
      await button("Chia sẻ").click();
      await until("shared no more", async () => (await at.page.getByText("Xã Tân Bình (được xem)").count()) === 0);
      await field("Xã nhận").selectOption({ label: "Xã Tân Bình" });
      await field("Lời nhắn").fill("chuyển nơi ở");
      await button("Đề nghị chuyển").click();
      await text("Đã ghi đề nghị; xã nhận thấy khi đồng bộ.").waitFor();
      await at.look("move-record");
      await to("Chuyển hồ sơ", "Chuyển hồ sơ giữa các xã");
      const row = at.page.getByRole("row", { name: `Người ${id.slice(0, 8)}` });
      await row.getByText("chờ xã nhận trả lời").waitFor();
      await row.getByRole("button", { name: /^Đồng ý thay/ }).click();
      await row.getByLabel("Lời nhắn").fill("xã nhận không có mạng");
      await row.getByRole("button", { name: "Đúng, chuyển hồ sơ" }).click();
      await text("Không có đề nghị nào đang chờ.").waitFor();
      await field("Hiện").selectOption({ label: "tất cả" });
      await row.getByText("đã chuyển").waitFor();
      node(0, "put", "--id", id, "occupation=thợ mộc"); // it has not heard of the move
      node(0, "sync");
      await at.page.reload();
      await heading("Chuyển hồ sơ giữa các xã").waitFor();
      const late = at.page.locator("section.card").filter({ hasText: "Ghi ở Phường Tân Triều; hồ sơ nay của Xã Tân Bình." });
      assert.equal(await late.getByText("thợ mộc").count(), 0); // what it says is asked for
      await late.getByRole("button", { name: /^Xem nội dung/ }).click();
      await late.getByText("thợ mộc").waitFor();
      await at.look("moves");
      await late.getByRole("button", { name: "Áp dụng vào hồ sơ" }).click();
      await text("Không có thay đổi nào như vậy.").waitFor();
      await at.page.goto(`${at.hub.url}#/record/${id}`);
      await text("thợ mộc").waitFor();
      return id;
    },

    /** What the revoked PC of Vĩnh An still sends: seen here, decided by the admin. */
    async apart() {
      node(2, "put", "--type", "person", "full_name=Phần Để Riêng", "sex=female", "dob=1990-01-01");
      try { node(2, "sync"); } catch (e) { assert.match(String(e), /thu hồi/); }
      await to("Máy xã");
      const parcel = section("Phần để riêng của máy đã thu hồi");
      await parcel.getByText("mất máy, công văn 3").waitFor();
      assert.equal(await parcel.getByRole("button", { name: "Nhận vào hồ sơ" }).count(), 0); // the admin's
      await parcel.getByRole("button", { name: /^Xem nội dung/ }).click();
      await parcel.getByText("Phần Để Riêng", { exact: true }).waitFor();
      await at.look("quarantine");
      node(2, "put", "--type", "person", "full_name=Đến Sau Trên USB", "sex=male", "dob=1991-01-01"); // the same by a stick
      const file = path.join(folder, "vinh-an.dongbo");
      node(2, "bundle", "out", file);
      await field("Chỉ xem tệp có gì, chưa nhận").check();
      await field("Tệp của xã").setInputFiles(file);
      await text("Tệp của Phường Trị An: Máy thị trấn Vĩnh An.").waitFor();
      await text("Tệp nguyên vẹn. Chưa nhận gì").waitFor();
      const cut = path.join(folder, "cut.dongbo");
      fs.writeFileSync(cut, fs.readFileSync(file).subarray(0, -1000));
      await field("Tệp của xã").setInputFiles(cut);
      const told = at.page.getByRole("status").filter({ hasText: "cut.dongbo" });
      await told.getByText("Gói bị cụt (chép thiếu); chưa nhận gì. Hãy chép lại tệp.", { exact: true }).waitFor();
      await text("Tệp nguyên vẹn. Chưa nhận gì").waitFor({ state: "detached" }); // what was told of the whole one is gone
      await field("Chỉ xem tệp có gì, chưa nhận").uncheck();
      await field("Tệp của xã").setInputFiles(file);
      await text(/Máy này đã bị thu hồi: [1-9]\d* lần ghi được để riêng/).waitFor();
      await at.page.reload();
      await until("two parcels", async () => (await parcel.getByRole("button", { name: /^Xem nội dung/ }).count()) === 2);
    },

    /** The older is let in, the younger is not: the first screen's alarm leads here. */
    async apartDecided() {
      await to("Tổng quan");
      await link("Xem ở trang Máy xã").first().click();
      await heading("Máy xã").waitFor();
      const parcel = section("Phần để riêng của máy đã thu hồi");
      assert.equal(await parcel.getByRole("button", { name: /^Xem nội dung/ }).count(), 0); // persons are not the admin's
      const decide = async (name, words) => {
        await parcel.getByLabel("Lý do").first().fill(words);
        await parcel.getByRole("button", { name }).first().click();
      };
      const left = (n) => until(`${n} parcels`, async () => (await parcel.getByRole("button", { name: "Bỏ" }).count()) === n);
      await left(2);
      const before = people();
      await decide("Nhận vào hồ sơ", "đã hỏi cán bộ xã, đúng là người đó ghi");
      await left(1);
      assert.deepEqual([before, people()], [[], ["Phần Để Riêng"]]);
      await decide("Bỏ", "không rõ ai ghi");
      await left(0);
      await button("Xem cả phần để riêng đã quyết định").click();
      await parcel.getByText("Đã nhận: Trần Thị Mai, đã hỏi cán bộ xã").waitFor();
      await parcel.getByText("Đã bỏ: Trần Thị Mai, không rõ ai ghi").waitFor();
      assert.deepEqual(people(), ["Phần Để Riêng"]);
    },

    /** One of the officers may read: the key comes out of the key file in the browser and is that of the tool. */
    async readers(sign, officers, given) {
      await to("Lệnh", "Lệnh cần hai người");
      await to("Ai đọc được trường niêm phong");
      await at.page.getByRole("row", { name: /máy của Phường Tân Triều/ }).waitFor();
      await at.page.getByRole("status").filter({ hasText: "niêm phong" }).waitFor(); // what comes last: nothing moves any more
      const form = section("Cho một cán bộ đọc");
      await form.getByLabel("Tên cán bộ được đọc").fill(officers[0]);
      await form.getByLabel("Căn cứ").fill("QĐ 12/QĐ-UBND");
      await form.getByRole("button", { name: "Soạn lệnh" }).click();
      await text("Hãy chọn tệp khóa của cán bộ được đọc").waitFor();
      await form.getByLabel("Tệp khóa của cán bộ đó").setInputFiles(given[`key ${officers[0]}`]);
      await form.getByLabel("Mật khẩu tệp khóa").fill(`khoa cua ${officers[0]}`);
      await form.getByRole("button", { name: "Soạn lệnh" }).click();
      await text("Đây là điều bạn sắp ký.").waitFor();
      const word = path.join(folder, "reading-passphrase");
      fs.writeFileSync(word, `khoa cua ${officers[0]}\n`);
      const key = JSON.parse(tool("dongbo-hub", "reading-key", "--json", "--key", given[`key ${officers[0]}`], "--passphrase", word));
      await form.getByText(key.words, { exact: true }).waitFor();
      await sign(officers[0]);
      await text("Đã ký. Lệnh chờ người thứ hai.").waitFor();
      await link("Đến trang Lệnh để người thứ hai ký").click();
      await heading("Lệnh cần hai người").waitFor();
      await button("Tôi là người thứ hai: xem và ký").click();
      await sign(officers[1]);
      await text("Đã ký và thi hành.").waitFor();
      await to("Ai đọc được trường niêm phong");
      const row = at.page.getByRole("row", { name: new RegExp(officers[0]) });
      await row.getByText("cán bộ", { exact: true }).waitFor();
      await row.getByText(key.words, { exact: true }).waitFor();
      await at.look("readers");
      await row.getByRole("button", { name: `Thôi cho đọc: ${officers[0]}` }).click();
      const ending = section(`Thôi cho ${officers[0]} đọc`);
      await ending.getByLabel("Căn cứ").fill("QĐ 13/QĐ-UBND");
      await ending.getByRole("button", { name: "Soạn lệnh" }).click();
      await ending.getByText("thôi được đọc").waitFor();
      await ending.getByRole("button", { name: "Thôi", exact: true }).click(); // not signed today
      await ending.getByRole("button", { name: "Soạn lệnh" }).waitFor();
      await ending.getByRole("button", { name: "Thôi", exact: true }).click(); // nor drafted
      await form.waitFor();
      assert.equal(await ending.count(), 0);
    },

    async registers() {
      await to("Sổ bảo vệ dữ liệu");
      await link("Ghi một yêu cầu").click();
      await heading("Thêm: Yêu cầu của chủ thể dữ liệu").waitFor();
      await field("Yêu cầu gì").selectOption({ label: "Xóa" });
      await field("Ngày nhận").fill("05/03/2026");
      await field("Người yêu cầu").fill("Nguyễn Thị Lan");
      await at.page.getByLabel("Kết quả", { exact: true }).selectOption({ label: "Đã làm theo" });
      await field("Ngày xong").fill("06/03/2026");
      await button("Ghi hồ sơ").click();
      await text("yêu cầu xóa chỉ xong khi lệnh xóa đã được hai cán bộ ký").waitFor();
      await at.page.getByLabel("Kết quả", { exact: true }).selectOption("");
      await field("Ngày xong").fill("");
      await button("Ghi hồ sơ").click();
      await text("Đã ghi ở trung tâm.").waitFor();
      hubSays("request", "add", "kind=access", "received_on=05/03/2026", "requester=Đỗ Đã Xong", "outcome=granted", "done_on=06/03/2026");
      await to("Sổ bảo vệ dữ liệu");
      const orders = { proposed: "lệnh xóa chờ người thứ hai", approved: "lệnh xóa đã đủ hai chữ ký", unknown: "mã lệnh ghi ở đây không phải lệnh xóa nào",
        other_person: "lệnh đó xóa hồ sơ của người khác", used: "lệnh đó đã trả lời một yêu cầu khác" };
      let state; // each that the program says, for whatever asks meanwhile: a page still loading does not use up the answer
      await at.page.route("**/api/requests*", async (r) => {
        const answer = await r.fetch();
        if (!answer.ok()) { await r.fulfill({ response: answer }); return; } // asked again
        const now = await answer.json();
        await r.fulfill({ json: { ...now, rows: now.rows.map((x) => ({ ...x, order_state: state })) } });
      });
      for (const [name, words] of Object.entries(orders)) {
        state = name;
        await at.page.reload();
        await at.page.getByRole("row", { name: /Nguyễn Thị Lan/ }).getByText(words).waitFor();
      }
      await at.page.unroute("**/api/requests*");
      await at.page.reload();
      const row = at.page.getByRole("row", { name: /Nguyễn Thị Lan/ });
      await row.getByText("QUÁ HẠN").waitFor();
      await open("Ghi một vi phạm mới");
      const breaches = section("Vi phạm dữ liệu cá nhân");
      const day = new Date(Date.now() + (7 - 24) * 3600000).toISOString().slice(0, 10).split("-").reverse().join("/"); // yesterday in Vietnam
      await breaches.getByLabel("Ngày phát hiện").fill(day);
      await breaches.getByLabel("Giờ phát hiện").fill("00:00");
      await breaches.getByLabel("Số người bị ảnh hưởng").fill("120");
      await breaches.getByRole("button", { name: "Ghi vào sổ" }).click();
      const lost = breaches.getByRole("row", { name: /Mất cắp thiết bị/ });
      await lost.getByText("phải báo cơ quan").waitFor();
      await lost.getByText(/^còn \d+ giờ$/).waitFor();
      await at.look("registers");
      await lost.getByRole("button", { name: /^Đã báo cơ quan/ }).click();
      await lost.getByLabel("Ngày báo").fill(day);
      await lost.getByLabel("Giờ báo").fill("00:30");
      await lost.getByLabel("Báo cho cơ quan nào").fill("=A05");
      await lost.getByRole("button", { name: "Ghi là đã báo" }).click();
      await lost.getByText("đã báo", { exact: false }).waitFor();
      const file = (await fetched(() => button("Tải CSV cho Excel: Vi phạm dữ liệu cá nhân").click())).toString("utf8");
      assert.equal(file.charCodeAt(0), 0xfeff);
      assert.match(file, new RegExp(`^"Mất cắp thiết bị","[^"]*","${day} 00:00","120",.*"${day} 00:30","'=A05",`, "m")); // no formula
      assert.equal(await at.page.getByText("Đỗ Đã Xong").count(), 0); // shown is what is open, the file has each
      const requests = (await fetched(() => button("Tải CSV cho Excel: Yêu cầu của chủ thể dữ liệu").click())).toString("utf8");
      assert.match(requests, /^"Nguyễn Thị Lan","Xóa",/m);
      assert.match(requests, /^"Đỗ Đã Xong",.*"06\/03\/2026"/m);
      await at.page.emulateMedia({ media: "print" });
      await lost.waitFor();
      assert.equal(await at.page.getByRole("button").filter({ visible: true }).count(), 0);
      await at.page.emulateMedia({ media: "screen" });
    },

    async aboutOnePerson(id) {
      const paper = path.join(folder, "giay.pdf");
      fs.writeFileSync(paper, PAPER);
      const own = JSON.parse(node(0, "list", "--type", "person", "--json")).rows.find((r) => r.id !== id).id;
      node(0, "attach", "add", own, paper);
      node(0, "sync");
      await until("the file at the hub", () => JSON.parse(tool("dongbo-hub", "attach", "list", "--json", "--data", at.hub.data)).attachments.some((a) => a.state === "whole"));
      await at.page.goto(`${at.hub.url}#/record/${own}`);
      await text("Lần xem này đã được ghi vào nhật ký.").waitFor();
      assert.deepEqual(await fetched(() => button("Tải về: tệp 1").click()), PAPER);
      await open("Xuất mọi dữ liệu về người này");
      await at.page.getByLabel("Lý do", { exact: true }).fill("yêu cầu số 12");
      const book = await fetched(() => button("Tải Excel").click());
      assert.equal(book.subarray(0, 2).toString(), "PK");
      await text("Đã tải xuống. Cất tệp ở nơi an toàn").waitFor();
      const json = JSON.parse(await fetched(() => button("Tải JSON").click()));
      assert.ok(json.records.some((r) => r.id === own));
      await at.look("subject");
      const report = JSON.parse(node(0, "list", "--type", "child_report", "--json")).rows[0].id;
      node(0, "attach", "add", report, paper); // class 4: sealed
      node(0, "sync");
      const sealed = await until("the sealed file at the hub", () => hubSays("attach", "list").attachments.find((a) => a.sealed && a.state === "whole"));
      await at.page.goto(`${at.hub.url}#/record/${report}`);
      await text("(đã niêm phong) chỉ cán bộ được đọc mở được").waitFor();
      assert.equal(await button("Tải về: tệp 1").count(), 0);
      assert.equal((await at.page.request.get(`${at.hub.url}api/attachment?id=${sealed.id}&digest=${sealed.digest}`)).status(), 403);
      await at.look("files-sealed");
    },

    /** Who wrote what into the record that moved: both communes and the district. */
    async history(id) {
      await at.page.goto(`${at.hub.url}#/record/${id}`);
      await heading(OFFERED).waitFor();
      await button("Xem lịch sử").click();
      const table = at.page.getByRole("region", { name: "Lịch sử" });
      await table.getByRole("row", { name: /Phường Tân Triều · Máy xã Thạnh Phú · [0-9a-f]{8} Tạo hồ sơ/ }).filter({ hasText: "Giới tính: Nam" }).waitFor();
      await table.getByRole("row", { name: /Nghề nghiệp.*: thợ mộc/ }).waitFor();
      await at.look("history");
    },

    async money() {
      const year = new Date().getFullYear();
      const put = (type, ...values) => hubSays("put", "--type", type, ...values).id;
      put("budget_allocation", "alloc_unit=26188", `year=${year}`, "model=no_drugs", "amount=5.000.000");
      const given = put("budget_allocation", "alloc_unit=26194", `year=${year}`, "model=no_prostitution", "printed=Xã không có tệ nạn mại dâm", "amount=9.000.000");
      node(1, "sync");
      const paper = JSON.parse(node(1, "put", "--type", "budget_settlement", `allocation=${given}`, "spent=8.000.000", "returned=1.000.000", "state=none", "--json")).id;
      const handIn = () => { node(1, "budget", "submit", paper); node(1, "sync"); };
      handIn();
      await to("Nộp báo cáo", "Xã nộp báo cáo");
      await to("Kinh phí của các xã");
      const row = at.page.getByRole("row", { name: /Xã Tân Bình Xã không có tệ nạn mại dâm/ });
      await row.getByText("▲ đã nộp").waitFor();
      await at.look("money");
      await row.getByRole("button", { name: /^Trả lại: Xã Tân Bình/ }).click();
      await row.getByLabel("Lý do").fill("thiếu chứng từ");
      await row.getByRole("button", { name: "Đúng, trả lại" }).click();
      await row.getByText("thiếu chứng từ").waitFor();
      node(1, "sync");
      handIn();
      await at.page.reload();
      await heading("Kinh phí của các xã").waitFor();
      await row.getByRole("button", { name: /^Duyệt: Xã Tân Bình/ }).click();
      await row.getByRole("button", { name: "Đúng, duyệt quyết toán này" }).click();
      await row.getByText("● đã duyệt").waitFor();
      assert.equal(await row.getByRole("button").count(), 0);
      node(1, "sync");
      assert.equal(JSON.parse(node(1, "get", paper, "--json")).values.state, "approved");
    },

    async scores() {
      const sheet = JSON.parse(node(1, "score", "start", "--year", "2023", "--json")).id;
      node(1, "score", "set", sheet, "D1=30", "D2=25", "D3=20", "D4=15");
      node(1, "score", "submit", sheet);
      node(1, "sync");
      await to("Chấm điểm của các xã");
      await link("Xã Tân Bình: Bảng chấm điểm năm 2023").click();
      await heading("Xã Tân Bình: Bảng chấm điểm năm 2023").waitFor();
      await text("BỘ TIÊU CHÍ MẪU (DEMO)").waitFor();
      await field("Điểm huyện cho D2").fill("10,5");
      await button("Ghi thẩm định").click();
      await text("D2: điểm khác điểm xã tự chấm thì cần lý do.").waitFor();
      await field("Lý do cho D2, nếu khác điểm xã").fill("thiếu hồ sơ");
      await button("Ghi thẩm định").click();
      await text("Đã ghi thẩm định").waitFor();
      await at.page.getByRole("definition").filter({ hasText: /^75,5$/ }).waitFor(); // 30 + 10,5 + 20 + 15
      await at.look("score");
      const publish = at.page.getByRole("button", { name: /^Công bố/ });
      for (const words of ["xếp loại theo biên bản", "xếp loại theo biên bản số 2"]) { // a class against the points stays chosen
        await button("Sửa thẩm định").click();
        assert.equal(await publish.count(), 0, "an open form is not published");
        const before = await field("Phân loại").inputValue();
        assert.equal(before === "", words.length < 25, `the class is ${before}`);
        if (before === "") await field("Phân loại").selectOption({ index: 1 });
        await field("Nhận xét chung").fill(words);
        await button("Ghi thẩm định").click();
        await publish.waitFor();
        await at.page.getByText(words, { exact: false }).first().waitFor();
      }
      await publish.click();
      await button("Đúng, công bố").click();
      await text("Đã công bố.").waitFor();
      await text(/^Huyện công bố ngày/).waitFor();
      assert.equal(await button("Ghi thẩm định").count(), 0);
      node(1, "sync");
      const line = JSON.parse(node(1, "score", "show", sheet, "--json")).lines[1];
      assert.deepEqual([line.self_score, line.district_score, line.district_note], ["25", "10.5", "thiếu hồ sơ"]);
      await link("Chấm điểm của các xã").click();
      await at.page.getByRole("row", { name: /^Xã Tân Bình: Bảng chấm điểm năm 2023 2023 DEMO/ }).waitFor();
      await at.look("scores");
    },

    async reopened(sign, officers) {
      await to("Báo cáo");
      await link("RP04: Báo cáo tổng hợp hoạt động các Đội công tác xã hội tình nguyện").last().click();
      await heading(/^RP04, 6 tháng đầu năm 2023, lần 1/).waitFor();
      await link("Đề nghị mở lại kỳ này (cần hai người ký)").click();
      await heading("Lệnh cần hai người").waitFor();
      const form = section("Mở lại kỳ đã chốt");
      await form.getByLabel("Căn cứ").fill("Công văn 9");
      await form.getByRole("button", { name: "Soạn lệnh" }).click();
      await text("Đây là điều bạn sắp ký.").waitFor();
      await sign(officers[0]);
      await text("Đã ký. Lệnh chờ người thứ hai.").waitFor();
      await button("Tôi là người thứ hai: xem và ký").click();
      await sign(officers[1]);
      await text("Đã ký và thi hành.").waitFor();
      await at.page.getByRole("heading", { level: 2, name: "Lệnh đã thi hành" }).waitFor();
      const done = at.page.locator("section.card").filter({ hasText: "Công văn 9" });
      await done.getByText("✓ đã thi hành").waitFor();
      await done.getByText("6 tháng đầu năm 2023").waitFor();
    },

    async mergers() {
      await to("Chuyển hồ sơ", "Chuyển hồ sơ giữa các xã");
      await link("Sáp nhập đơn vị").click();
      await heading("Sáp nhập đơn vị").waitFor();
      const row = at.page.getByRole("row", { name: /Tân Bình \(26194\)/ });
      await row.getByText("đến hạn").waitFor();
      await at.look("units");
      await button("Thực hiện sáp nhập").click();
      await at.page.getByRole("button", { name: /^Đúng, chuyển \d+ đơn vị$/ }).click();
      await text(/^Đã chuyển [\d.]+ hồ sơ và \d+ máy\.$/).waitFor();
      await row.waitFor({ state: "detached" });
      assert.equal(pcOf("Máy xã Tân Bình").unit, "26188");
      const parts = section("Phân hồ sơ của đơn vị bị chia"); // nothing of it goes by itself
      await parts.getByLabel("Từ đâu đến đâu").selectOption(await labelOf(parts.getByLabel("Từ đâu đến đâu").locator("option").last()));
      await parts.getByLabel("Loại").selectOption({ label: "Người" });
      await parts.getByLabel("Chỉ những hồ sơ có").selectOption({ label: "Giới tính" });
      await parts.getByLabel("Giá trị bằng").selectOption({ label: "Nam" });
      await parts.getByRole("button", { name: "Đếm trước" }).click();
      await parts.getByText(/^Tìm thấy [1-9]\d* hồ sơ\.$/).waitFor();
      const men = Number((await parts.getByText(/^Tìm thấy/).textContent()).match(/[\d.]+/)[0].replaceAll(".", ""));
      const waits = async () => Number((await at.page.getByRole("row", { name: /Phường Tân Triều \(26188\)/ }).getByRole("cell").nth(2).textContent()).replace(".", ""));
      const have = await waits();
      await at.look("split");
      await parts.getByRole("button", { name: new RegExp(`^Đúng, phân ${men} hồ sơ cho`) }).click();
      await until("so many less", async () => (await waits()) === have - men);
      const pcs = section("Chuyển một máy sang đơn vị khác");
      await pcs.getByLabel("Tên máy").selectOption({ label: "Máy xã Thạnh Phú (Phường Tân Triều)" });
      await pcs.getByLabel("Sang đơn vị").selectOption(await labelOf(pcs.getByLabel("Sang đơn vị").locator("option", { hasText: "(26170)" }).first()));
      await pcs.getByRole("button", { name: "Chuyển máy" }).click();
      await text("Đã ghi. Máy đổi đơn vị ở lần đồng bộ tới.").waitFor();
      assert.equal(pcOf("Máy xã Thạnh Phú").unit, "26170");
    },

    /** The admin's side: who read, and a token that is made and withdrawn. */
    async watched() {
      await to("Sổ bảo vệ dữ liệu");
      await text(/^● Nhật ký liền mạch, [\d.]+ dòng\.$/).waitFor();
      await field("Của người").fill("Lê Văn Thống");
      await button("Tìm").click();
      await at.page.getByRole("row", { name: /Lê Văn Thống.*yêu cầu số 12/ }).first().waitFor();
      assert.equal(await at.page.getByText("Nguyễn Thị Lan").count(), 0); // who asked is not the admin's
      await at.look("reads");
      assert.match((await fetched(() => button("Tải CSV cho Excel: Ai đã xem hồ sơ nhạy cảm").click())).toString("utf8"), /"Lê Văn Thống",.*"yêu cầu số 12"/);
      await to("Người dùng");
      await field("Tên của mã mới").fill("So-Tam");
      await button("Tạo mã truy cập").click();
      await text("Mã truy cập của So-Tam, chỉ hiện lần này:").waitFor();
      const token = (await at.page.getByText(/^[\w-]{43}$/).textContent()).trim();
      const status = async () => (await at.page.request.get(`${at.hub.url}api/v1/issues`, { headers: { Authorization: `Bearer ${token}` } })).status();
      assert.equal(await status(), 200);
      await button("Đã đọc, ẩn đi").click();
      const row = at.page.getByRole("row", { name: /So-Tam/ });
      await row.getByRole("button", { name: "Thu hồi: So-Tam" }).click();
      await row.getByRole("button", { name: "Thu hồi: So-Tam" }).click();
      await row.getByText(/^thu hồi lúc/).waitFor();
      assert.equal(await status(), 401);
    },

    /** What the province took stands at the issue, for whoever may see figures. */
    async taken() {
      await to("Báo cáo");
      await at.page.getByRole("link", { name: /RP04/ }).first().click();
      const table = section("Ai đã lấy tệp nào");
      await table.getByRole("row", { name: /So-LDTBXH.*BC_RP04_2023_735_2\.pdf.* 1$/ }).waitFor();
      assert.equal(await table.getByRole("row", { name: /Phạm Thị Xem/ }).count(), 0); // who only looks takes nothing
      await table.getByText("cấp tỉnh, bằng mã truy cập").first().waitFor();
      assert.equal(await section("Bằng chứng cho một xã").count(), 0); // it names records and hidden figures
    },

    /** The proof that a commune's records are behind the figures, checked at the commune. */
    async proof() {
      await to("Báo cáo");
      await at.page.getByRole("link", { name: /RP04/ }).first().click();
      const proof = section("Bằng chứng cho một xã");
      await proof.getByLabel("Xã").selectOption({ index: 0 });
      const bytes = await fetched(() => proof.getByRole("button", { name: "Tải bằng chứng" }).click());
      const file = path.join(folder, "xa.proof");
      fs.writeFileSync(file, bytes);
      const said = JSON.parse(node(0, "verify-proof", file, "--json"));
      assert.equal(said.ok, true);
    },
  };
}
