// What an office does with its desk besides typing: lists as they need them, files for Excel, a stick in place of
// a network, users, a forgotten password, handing over. Controls are found by their Vietnamese text.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before } from "node:test";
import { PASSWORD, broken, day, errors, eyes, look as lookAt, newWindow, test } from "./steps.mjs";
import { WAIT_MS, cleanUp, folder, kill, launch, makeNode, startHub, startNode, tool, until } from "./world.mjs";

const HOSTILE = ["<script>document.title='hỏng'</script>", "=HYPERLINK(\"http://x\")", "+84 <b>1</b>", "@SUM(1)", "\"><img src=x onerror=document.title='hỏng'>",
  "{{7*7}}${document.title='hỏng'}", "'; DROP TABLE person;--", "&lt;&#x3c;%3C"];

let hub, data, node, browser, page;
const look = (name) => lookAt(page, "desk", name);
const { field, button, link, heading } = eyes(() => page);
const region = (name) => page.getByRole("region", { name, exact: true });

async function logIn(name, password = PASSWORD) {
  await heading("Đăng nhập").waitFor();
  await field("Họ và tên").fill(name);
  await field("Mật khẩu").fill(password);
  await button("Đăng nhập").click();
}

async function openList(type) {
  await link("Trang đầu").click();
  await field("Tìm loại hồ sơ").fill(type);
  await link(type).click();
  await heading(type).waitFor();
}

async function newPerson(name, sex, born = "") {
  await openList("Người");
  await link("Thêm hồ sơ").click();
  await field("Họ, chữ đệm và tên khai sinh").fill(name);
  await field("Giới tính").selectOption({ label: sex });
  if (born) await field("Ngày sinh").fill(born);
  await button("Ghi hồ sơ").click();
}

async function download(act) {
  const [file] = await Promise.all([page.waitForEvent("download"), act()]);
  const to = path.join(folder, file.suggestedFilename());
  await file.saveAs(to);
  return to;
}

/** Texts and formulas of a workbook, with the standard library of Python. */
function workbook(file) {
  const r = spawnSync("python3", ["-c", `
import zipfile, sys, json, re, html
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
x = "".join(z.read(n).decode() for n in z.namelist() if n.startswith("xl/worksheets/") or n == "xl/sharedStrings.xml")
print(json.dumps({"formulas": len(re.findall("<f[ >]", x)), "links": len(re.findall("<hyperlink", x)), "texts": [html.unescape(t) for t in re.findall("<t[^>]*>([^<]*)</t>", x)]}))
`, file], { encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
  return JSON.parse(r.stdout);
}

before(async () => {
  hub = await startHub();
  data = makeNode("node");
  node = await startNode(data);
  browser = await launch();
  page = await newWindow(browser);
  await page.goto(node.url);
  await field("Mã một lần").fill(node.code());
  await field("Họ và tên").fill("Nguyễn Thị Lan");
  await field("Mật khẩu").fill(PASSWORD);
  await field("Nhập lại mật khẩu").fill(PASSWORD);
  await button("Tạo và đăng nhập").click();
});

after(async () => {
  if (broken()) console.error(node.process.output.slice(-3000), await page?.textContent("main").catch(String));
  await browser?.close();
  await cleanUp();
});

test("an invitation comes as a file, and words that differ stop everything", async () => {
  const letter = path.join(folder, "loi-moi.txt");
  const invitation = Object.values(hub.invite("26170")).find((v) => String(v).startsWith("dongbo1:"));
  await heading("Ghi danh với trung tâm").waitFor();
  fs.writeFileSync(letter, "không có gì ở đây");
  await field("Hoặc mở tệp lời mời").setInputFiles(letter);
  await page.getByText("Tệp này không có lời mời").waitFor();
  fs.writeFileSync(letter, `Kính gửi xã,\r\nLời mời: ${invitation}\r\nTrân trọng.`);
  await field("Hoặc mở tệp lời mời").setInputFiles(letter);
  await until("the invitation", async () => (await field("Lời mời").inputValue()) === invitation);
  await button("Ghi danh").click();
  await button("Khác nhau").click();
  await page.getByText("máy này có thể đang nói chuyện với một nơi giả mạo").waitFor();
  await button("Đồng bộ ngay").click();
  await page.getByText("Có người báo sáu từ khác với trung tâm").waitFor();
  await button("Đóng").click();
  await link("USB").click(); // nor on the other road
  await button("Làm tệp để mang đi").click();
  await page.getByText("Có người báo sáu từ khác với trung tâm").waitFor();
  await link("Trang đầu").click();
  await look("words-differ");
  await page.evaluate(() => localStorage.clear()); // what was said is kept by the program
  await page.reload();
  await button("Bỏ ghi danh").click();
  await button("Đúng, bỏ ghi danh với nơi này").click();
  await heading("Đăng nhập").waitFor(); // logins stay, the hub is forgotten
  await field("Họ và tên").fill("Nguyễn Thị Lan");
  await field("Mật khẩu").fill(PASSWORD);
  await button("Đăng nhập").click();
  await field("Lời mời").fill(Object.values(hub.invite("26170")).find((v) => String(v).startsWith("dongbo1:")));
  await button("Ghi danh").click();
  await button("Khác nhau").click(); // misread, as it turns out
  await button("So lại sáu từ").click();
  await button("Hai bên giống nhau, tiếp tục").click();
  await heading("Trang đầu").waitFor();
});

test("hostile names stay text everywhere", async () => {
  for (const [i, name] of HOSTILE.entries()) {
    await newPerson(name, i % 2 ? "Nam" : "Nữ", String(1950 + i));
    await heading(name).waitFor();
  }
  await newPerson("Đặng Thị Hồng", "Nữ", "12/05/1982");
  await heading("Đặng Thị Hồng").waitFor();
  await openList("Người");
  for (const name of HOSTILE) await link(name).waitFor();
  assert.equal(await page.locator("main script, main img, main b").count(), 0);
  assert.doesNotMatch(await page.title(), /hỏng|49/);
});

test("a person who is there already is asked about before saving", async () => {
  await newPerson("dang thi hong", "Nữ", "1982");
  await page.getByText("Đã có người này?").waitFor();
  await look("twice");
  await page.getByRole("link", { name: /Mở hồ sơ đã có: Đặng Thị Hồng, 12\/05\/1982/ }).waitFor();
  await button("Đây là người khác, ghi hồ sơ mới").click();
  await heading("dang thi hong").waitFor();
});

test("a list is filtered, ordered, and has the columns one wants", async () => {
  await openList("Người");
  await page.getByText("10 hồ sơ", { exact: true }).waitFor();
  await button("Lọc").click();
  await button("Thêm điều kiện").click();
  await field("Trường").selectOption({ label: "Giới tính" });
  await field("Giá trị").selectOption({ label: "Nam" });
  await page.getByText("4 hồ sơ", { exact: true }).waitFor();
  await button("Thêm điều kiện").click();
  await page.getByLabel("Trường").nth(1).selectOption({ label: "Ngày sinh (có thể chỉ biết năm)" });
  await page.getByLabel("Điều kiện").nth(1).selectOption({ label: "từ" });
  await page.getByLabel("Giá trị").nth(1).fill("1955");
  await page.getByText("2 hồ sơ", { exact: true }).waitFor();
  await look("filter");
  await page.getByLabel("Giá trị").nth(1).fill("31/02/1955");
  await page.getByRole("alert").waitFor(); // said, and nothing breaks
  await button("Bỏ mọi điều kiện").click();
  await page.getByText("10 hồ sơ", { exact: true }).waitFor();
  await button("Lọc").click();
  await button("Cột").click();
  await page.getByRole("checkbox", { name: "Nghề nghiệp" }).check();
  await page.getByRole("columnheader", { name: "Nghề nghiệp" }).waitFor();
  await page.getByRole("checkbox", { name: "Tên gọi khác" }).uncheck();
  await until("a column less", async () => (await page.getByRole("columnheader", { name: "Tên gọi khác" }).count()) === 0);
  await look("columns");
  await button("Cột").click();
  await button("Ngày sinh (có thể chỉ biết năm)").click();
  await until("the oldest first", async () => (await page.getByRole("row").nth(1).textContent()).includes("1950"));
  await button("Ngày sinh (có thể chỉ biết năm) ▲").click();
  await until("the youngest first", async () => (await page.getByRole("row").nth(1).textContent()).includes("1982"));
  await link("Đặng Thị Hồng").click();
  await heading("Đặng Thị Hồng").waitFor();
  await page.goBack();
  await page.getByRole("columnheader", { name: "Nghề nghiệp" }).waitFor(); // as it was left
});

test("a list goes to Excel and to programs, and no cell is a formula", async () => {
  await button("Xuất tệp").click();
  await look("export");
  const book = workbook(await download(() => button("Xuất Excel (XLSX)").click()));
  assert.equal(book.formulas, 0);
  assert.equal(book.links, 0);
  for (const name of HOSTILE) assert.ok(book.texts.includes(name), name);
  await page.getByText("Đã xuất 10 hồ sơ").waitFor();
  await page.route("**/api/export", (r) => r.fulfill({ status: 503, headers: { "Retry-After": "1" }, body: "busy\n" }), { times: 1 }); // asked again
  const csv = fs.readFileSync(await download(() => button("Xuất CSV cho máy tính đọc").click()), "utf8");
  assert.equal(csv.charCodeAt(0), 0xfeff);
  assert.match(csv, /"'=HYPERLINK\(""http:\/\/x""\)"/);
  assert.match(csv, /"'@SUM\(1\)"/);
  assert.doesNotMatch(csv, /,"[=@+]/);
  await link("Thiết lập").click();
  await link("Nhật ký xem dữ liệu").click();
  await page.getByText("Xuất tệp: Người").first().waitFor();
});

test("without a network a stick carries it, and nothing is called delivered before the receipt", async () => {
  await kill(hub.process);
  await newPerson("Bùi Thị Xuân", "Nữ", "1975");
  await heading("Bùi Thị Xuân").waitFor();
  await button("Đồng bộ ngay").click();
  await page.getByText("Không kết nối được trung tâm").waitFor();
  await look("no-hub");
  await link("Gửi bằng USB").click();
  await heading("Gửi và nhận bằng USB").waitFor();
  const waiting = /Đang chờ\s*([1-9]\d*)/;
  const bar = page.getByRole("region", { name: "Tình trạng dữ liệu" });
  assert.match(await bar.textContent(), waiting);
  assert.ok(!(await bar.textContent()).includes("Đọc tệp"));
  const out = await download(() => button("Làm tệp để mang đi").click());
  await page.getByText("Chỉ khi đó mới gọi là đã gửi").waitFor();
  await look("usb");
  assert.match(await bar.textContent(), waiting);
  const id = JSON.parse(tool("dongbo-node", "status", "--json", "--data", data)).node;
  tool("dongbo-hub", "ask", "--data", hub.data, "--unit", "26170", "--report", "RP18", "--period", `${day(-20)}_${day(0)}`, "--due", day(9),
    "--person", "Trưởng phòng", "--text", "Báo cáo nhanh <b>tình hình</b>"); // for the report below; it comes with the file
  tool("dongbo-hub", "correct", "--data", hub.data, "--unit", "26170", "--report", "RP05", "--period", "2023-6M", "--indicator", "T01", "--before", "0",
    "--after", "11", "--reason", "Một người <b>tính</b> hai lần", "--person", "Trưởng phòng");
  tool("dongbo-hub", "bundle", "in", "--data", hub.data, out);
  const back = path.join(folder, "tra-loi.dongbo");
  tool("dongbo-hub", "bundle", "out", "--data", hub.data, "--node", id.slice(0, 16), back);
  await field("Tệp của trung tâm").setInputFiles(back);
  await page.getByText(/Biên nhận mới: [1-9]/).waitFor();
  await until("nothing waits", async () => /Đang chờ\s*0/.test(await bar.textContent()));
  await until("the bar says that a file was read", async () => (await bar.textContent()).includes("Đọc tệp"));
  await look("usb-back");
  const cut = path.join(folder, "cut.dongbo");
  fs.writeFileSync(cut, fs.readFileSync(back).subarray(0, 3000));
  await field("Tệp của trung tâm").setInputFiles(cut);
  await page.getByText(/chưa thay đổi gì|không phải gói/).waitFor();
});

test("roles are what people may do", async () => {
  await link("Thiết lập").click();
  for (const [name, role] of [["Trần Văn Bình", "Cán bộ"], ["Lê Thị Sáu", "Lãnh đạo"]]) {
    await field("Họ và tên người mới").fill(name);
    await field("Mật khẩu của người mới").fill(PASSWORD);
    await page.locator("form").filter({ hasText: "Mật khẩu của người mới" }).getByLabel("Vai trò").selectOption({ label: role });
    await button("Thêm người dùng").click();
    await page.getByRole("rowheader", { name }).waitFor();
  }
  await look("users");
  await page.getByRole("row", { name: /Nguyễn Thị Lan/ }).getByLabel("Vai trò").selectOption({ label: "Cán bộ" });
  await page.getByText("Phải còn ít nhất một người phụ trách").waitFor();
  await button("Đăng xuất").click();
  await logIn("Lê Thị Sáu");
  await openList("Người");
  assert.equal(await link("Thêm hồ sơ").count(), 0);
  await link("Đặng Thị Hồng").click();
  await heading("Đặng Thị Hồng").waitFor();
  assert.equal(await link("Sửa").count() + await button("Xóa hồ sơ").count(), 0);
  await button("Đăng xuất").click();
  await logIn("Trần Văn Bình");
  await link("Thiết lập").click();
  await heading("Thiết lập").waitFor();
  assert.equal(await link("Nhật ký xem dữ liệu").count() + await button("Thêm người dùng").count(), 0);
  await button("Đăng xuất").click();
});

test("a forgotten password is answered over the telephone", async () => {
  await heading("Đăng nhập").waitFor();
  await button("Quên mật khẩu").click();
  await field("Họ và tên").fill("tran van binh");
  await button("Lấy mã").click();
  await page.getByText("Gọi điện cho cán bộ trung tâm").waitFor();
  await look("forgot");
  const text = await page.textContent("main");
  const challenge = text.match(/[0-9A-Z]{4}-[0-9A-Z]{4}/)[0];
  const id = text.match(/[0-9a-f]{16}/)[0];
  const code = tool("dongbo-hub", "reset-code", "--data", hub.data, id, "Trần Văn Bình", challenge).trim();
  await field("Mã trả lời của trung tâm").fill(code.toLowerCase().replace("-", " "));
  await field("Mật khẩu mới").fill("mật khẩu khác hẳn");
  await field("Nhập lại mật khẩu").fill("mật khẩu khác hẳn");
  await button("Đặt mật khẩu mới và đăng nhập").click();
  await heading("Trang đầu").waitFor();
  await page.getByText("Trần Văn Bình").waitFor();
  await button("Đăng xuất").click();
});

test("the PC is handed over, drafts and all", async () => {
  await logIn("Nguyễn Thị Lan");
  await openList("Người");
  await link("Thêm hồ sơ").click();
  await field("Họ, chữ đệm và tên khai sinh").fill("Người dở dang");
  await page.getByText("Đã giữ bản nháp").waitFor();
  await link("Thiết lập").click();
  await button("Bắt đầu bàn giao").click();
  const form = page.locator("form").filter({ hasText: "Bàn giao và đăng xuất" });
  await form.getByLabel("Họ và tên người mới").fill("Phạm Thị Mai");
  await form.getByLabel("Mật khẩu của người mới").fill("mật khẩu của Mai");
  await look("handover");
  await button("Bàn giao và đăng xuất").click();
  await logIn("Phạm Thị Mai", "mật khẩu của Mai");
  await page.getByRole("link", { name: /Người dở dang/ }).waitFor();
  await link("Thiết lập").click();
  await page.getByRole("row", { name: /Nguyễn Thị Lan ngừng dùng/ }).waitFor();
});

test("a report: figures, text, another person submits it, and takes it back", async () => {
  await link("Thiết lập").click();
  await field("Họ và tên người mới").fill("Hồ Văn Lãnh");
  await field("Mật khẩu của người mới").fill(PASSWORD);
  await page.locator("form").filter({ hasText: "Mật khẩu của người mới" }).getByLabel("Vai trò").selectOption({ label: "Lãnh đạo" });
  await button("Thêm người dùng").click();
  await page.getByRole("rowheader", { name: "Hồ Văn Lãnh" }).waitFor();
  await link("Báo cáo").click();
  await heading("Báo cáo").waitFor();
  await page.getByRole("columnheader", { name: "Hạn" }).first().waitFor();
  await look("reports");
  const first = page.getByRole("rowheader").first();
  const name = await first.textContent();
  await first.getByRole("link").click();
  await heading(name).waitFor();
  await page.getByRole("columnheader", { name: "Chỉ tiêu" }).waitFor();
  await field("Kết quả thực hiện").fill("Đã vận động 10 người.\n<b>Không</b> có vướng mắc.");
  await button("Ghi bản nháp").click();
  await page.getByText("Đã ghi bản nháp báo cáo").waitFor();
  await button("Gửi báo cáo").click();
  await button("Đúng, gửi báo cáo này").click();
  await page.getByText("khác với người soạn").waitFor(); // who drafts does not confirm
  await look("report");
  const at = page.url();
  await button("Đăng xuất").click();
  await logIn("Hồ Văn Lãnh");
  await page.goto(at);
  await heading(name).waitFor();
  await page.getByText("<b>Không</b> có vướng mắc.").waitFor();
  await button("Gửi báo cáo").click();
  await button("Đúng, gửi báo cáo này").click();
  await page.getByText("Đã ký báo cáo trên máy này").waitFor();
  assert.equal(await page.getByText("Ghi chú cho huyện").count(), 0); // who writes reports writes it
  await look("report-sent");
  await button("Rút lại").click();
  await button("Đúng, rút báo cáo này lại").click();
  await page.getByText("Đã rút báo cáo lại").waitFor();
  await button("Đăng xuất").click();
  await logIn("Phạm Thị Mai", "mật khẩu của Mai");
  await page.goto(at);
  await page.getByText("Ghi chú cho huyện").click();
  assert.ok(await button("Ghi ghi chú").isDisabled()); // there is nothing to save yet
  await field("Ghi chú").fill("Số liệu đã đối chiếu với công an xã.");
  await button("Ghi ghi chú").click();
  await page.getByText("Đã ghi ghi chú trên máy này").waitFor();
  await page.locator("p.pre").filter({ hasText: "đã đối chiếu với công an xã" }).waitFor();
  assert.match(await field("Kết quả thực hiện").inputValue(), /^Đã vận động 10 người\./); // nothing else changes
  await look("report-note");
  await link("Trang đầu").click();
  await heading("Trang đầu").waitFor();
});

test("two windows see the same figures at once", async () => {
  const other = await page.context().newPage();
  other.setDefaultTimeout(WAIT_MS);
  await other.goto(node.url);
  const bar = other.getByRole("region", { name: "Tình trạng dữ liệu" });
  const written = async () => Number((await bar.textContent()).match(/Đã ghi\s*(\d+)/)[1]);
  await bar.waitFor();
  const before = await written();
  await newPerson("Vũ Thị Ánh Nguyệt", "Nữ", "1990");
  await heading("Vũ Thị Ánh Nguyệt").waitFor();
  await until("the other window", async () => (await written()) === before + 1);
  await other.close();
});

test("a correction is answered, a record shared, and its history told", async () => {
  await link("Báo cáo").click();
  await page.getByRole("link", { name: "Đính chính (1)" }).click();
  await heading("Đính chính").waitFor();
  await page.getByText(", 6 tháng đầu năm 2023 (RP05, T01)").waitFor(); // in words, and the codes that the telephone needs
  await page.getByText("Một người <b>tính</b> hai lần").waitFor();
  await button("Không đồng ý").click();
  assert.ok(await button("Đúng, không đồng ý").isDisabled()); // it wants a reason
  await field("Ghi chú (bắt buộc khi không đồng ý)").fill("Hai người khác nhau.");
  await look("correction");
  await button("Đúng, không đồng ý").click();
  await page.getByText("Đã ghi câu trả lời").waitFor();
  await page.getByText("Hai người khác nhau.").waitFor();
  await openList("Người");
  await link("Đặng Thị Hồng").click();
  await heading("Đặng Thị Hồng").waitFor();
  await page.getByText("Đọc được hồ sơ này: người dùng các máy của xã, cán bộ trung tâm có quyền").waitFor();
  await button("Chia sẻ với xã khác").click();
  await field("Đơn vị được chia sẻ").fill("thanh phu");
  await page.getByRole("option", { name: /Thạnh Phú/ }).first().click();
  await field("Được làm gì").selectOption({ label: "xem và sửa" });
  await look("share");
  await button("Chia sẻ").click();
  await page.getByText("Đã ghi trên máy này; có hiệu lực khi trung tâm nhận.").waitFor();
});

test("a backup is restored from the page, after it was looked through", async () => {
  const stick = path.join(folder, "usb");
  fs.mkdirSync(stick);
  // No test can plug a stick in: this PC is told of one that is a folder.
  const copies = () => fs.readdirSync(stick).filter((f) => f.startsWith("dongbo-node-")).map((name) => ({ name, path: path.join(stick, name) }));
  await page.route("**/api/sticks", (r) => r.fulfill({ json: { sticks: [{ path: stick, free_bytes: 8e9, copies: copies() }] } }));
  await link("Thiết lập").click();
  await page.getByText("Chưa thấy bản sao lưu nào trên USB").waitFor();
  await page.route("**/api/sticks", (r) => r.fulfill({ status: 409, json: { vi: "Chưa xem được các USB." } }), { times: 1 });
  await button("Tìm USB").first().click();
  await page.getByText("Chưa xem được các USB.").first().waitFor();
  await button("Tìm USB").first().click();
  await page.getByText("Chưa thấy bản sao lưu nào trên USB").waitFor();
  await button(`${stick} (còn 8.000 MB)`).click();
  await button("Sao lưu").click();
  const made = (await page.getByText(/^Tệp: /).textContent()).slice(5);
  await newPerson("Ghi sau sao lưu", "Nữ", "1991");
  await heading("Ghi sau sao lưu").waitFor();
  await link("Thiết lập").click();
  const broken = path.join(stick, "hong.db");
  const bytes = fs.readFileSync(made);
  bytes.fill(0x55, 20000, 30000);
  fs.writeFileSync(broken, bytes);
  for (const [file, words] of [[broken, "Bản sao lưu này bị hỏng"], [path.join(stick, "khong-co"), "Không thấy tệp sao lưu này"], ["usb.db", "đường dẫn đầy đủ"]]) {
    await field("Tệp sao lưu").fill(file);
    await button("Kiểm tra bản sao").click();
    await page.getByText(words).first().waitFor();
    assert.equal(await button("Khôi phục bản này").count(), 0);
  }
  await link("Nhật ký xem dữ liệu").click();
  await page.getByRole("cell", { name: "Kiểm tra bản sao lưu" }).first().waitFor();
  await link("Thiết lập").click();
  for (const twice of [false, true]) {
    if (twice) { // an answer that ended with the program: browsers ask again, and the new program knows no login
      await page.route("**/api/restore", async (r) => {
        if (r.request().postDataJSON().go) {
          await r.fetch().catch(() => null);
          await until("the new program", async () => (await page.request.get(`${node.url}api/session`).then((s) => s.json()).catch(() => null))?.user === "");
        }
        await r.continue();
      });
    }
    await link("Thiết lập").click();
    await button(path.basename(made)).click();
    await button("Kiểm tra bản sao").click();
    await page.getByText(/Bản sao tốt: \d/).waitFor();
    if (!twice) await look("restore");
    await button("Khôi phục bản này").click();
    await heading("Đăng nhập").waitFor(); // the program closes, puts back, and begins anew
    await until("the first page's address", () => new URL(page.url()).hash === "#/");
    await logIn("Phạm Thị Mai", "mật khẩu của Mai");
    await heading("Trang đầu").waitFor();
  }
  await page.unroute("**/api/restore");
  await openList("Người");
  await link("Đặng Thị Hồng").waitFor();
  assert.equal(await link("Ghi sau sao lưu").count(), 0);
  assert.ok(fs.readdirSync(data).some((f) => /^node\.db\.old-/.test(f)), "what was there is kept");
  await newPerson("Vũ Thị Ánh Nguyệt", "Nữ", "1990"); // the node goes on
  await button("Đây là người khác, ghi hồ sơ mới").click();
  await heading("Vũ Thị Ánh Nguyệt").waitFor();
});

test("paper shows the record and not the buttons", async () => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.getByRole("button").filter({ visible: true }).count(), 0);
  await heading("Vũ Thị Ánh Nguyệt").waitFor();
  const pdf = await page.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  await page.emulateMedia({ media: "screen" });
});

test("phone width", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openList("Người");
  await button("Lọc").click();
  await button("Thêm điều kiện").click();
  await look("phone-filter");
  await link("USB").click();
  await heading("Gửi và nhận bằng USB").waitFor();
  await look("phone-usb");
  await link("Thiết lập").click();
  await heading("Thiết lập").waitFor();
  await look("phone-settings");
  assert.deepEqual(errors, []);
});
