export const words = {
  title: "Work on your records without a connection.",
  saved: "Everything you change is saved on this computer and goes out when the server can be reached.",
  decide: "If a record also changed on the server, you decide; nothing is overwritten.",
  connect: "Connect a server",
  connectText: "A REST or Kinto server whose records you work on.",
  sample: "Try with sample data",
  sampleText: "A built-in server with 200 records, a switch to go offline, and one prepared conflict.",
  starting: "Starting",
};
