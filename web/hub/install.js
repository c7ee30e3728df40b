// The hub's own authority: its fingerprint, to be compared with the paper, and its file.
const reply = await fetch("/api/authority");
const sum = document.getElementById("sha256");
if (reply.ok) {
  const { pem, sha256 } = await reply.json();
  sum.textContent = sha256;
  document.getElementById("pem").href = URL.createObjectURL(new Blob([pem], { type: "application/x-x509-ca-cert" }));
} else {
  sum.textContent = "Trang này dùng chứng thư của một tổ chức công cộng: không cần cài gì. / Nothing to install.";
  document.getElementById("pem").remove();
}
