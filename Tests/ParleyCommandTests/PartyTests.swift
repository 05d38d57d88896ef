import Foundation
import ParleyBase
import Testing

extension CommandTests {
  /// The real thing: five parties with keys of their own, each a process started by itself.
  @Suite("parley party") struct Parties {
    let box: Sandbox
    let consortium: Consortium
    init() async throws {
      box = try Sandbox()
      consortium = try await Consortium(box)
    }

    @Test func fromKeysToResults() async throws {
      try consortium.write { $0.signatures = true }
      // Nobody has signed, then all but one.
      for name in Consortium.names {
        let early = try await box.parley("verify", "study.yml")
        early.failed(3, "study/signature-missing", "parley sign")
        try await box.parley("party", "study.yml", "--as", "beta").failed(3, "study/signature-missing", "press")
        let signed = try await box.parley("sign", "study.yml", "--as", name)
        signed.succeeded()
        #expect(signed.output.contains("as \(name)") && signed.errors.contains("each learn exactly"), "\(signed)")
      }
      let verified = try await box.parley("verify", "study.yml")
      verified.succeeded()
      for name in Consortium.names { #expect(verified.output.contains("\(name): valid"), "\(verified)") }

      // Any order; the message of a failure holds it.
      var random = InsecureSplitMix(seed: 0x5eed_0bde)
      let order = Consortium.names.shuffled(using: &random)
      let running = try await consortium.start(order) { name in
        ["--receipt", "\(name).receipt", "--out", name == "press" ? "press.json" : "\(name)-result.csv"]
      }
      let ended = try await Consortium.end(running)
      for (name, end) in ended {
        #expect(end.status == 0 && !end.isLate, "\(order)\n\(name): \(end)")
        #expect(end.errors.contains("TLS 1.3, X25519MLKEM768") && end.errors.contains("done in"), "\(end)")
      }
      #expect(try box.read("alpha-result.csv") == Consortium.resultCSV)
      // Who receives nothing writes nothing; who asks for a receipt stays for it.
      for name in ["beta", "gamma", "delta"] {
        #expect(!box.exists("\(name)-result.csv"))
        #expect(ended[name]?.output == "", "\(String(describing: ended[name]))")
      }
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(box.read("press.json").utf8)) as? [String: Any])
      let result = try #require((object["results"] as? [[String: Any]])?.first)
      let rows = try #require(result["rows"] as? [[[String: String]]])
      #expect(
        rows.map { $0.map { $0["value"] } } == [["north", "3", "140", "300"], ["south", "3", "121", "370"]])
      let receipts = try Consortium.names.map { try box.read("\($0).receipt") }
      #expect(Set(receipts).count == 1)
      let receipt = try #require(try JSONSerialization.jsonObject(with: Data(receipts[0].utf8)) as? [String: Any])
      #expect((receipt["signatures"] as? [Any])?.count == 5, "\(receipts[0].prefix(600))")
      try await receiptsAndState()
      let trial = try await box.parley(
        "run", "study.yml", "--in-process", "--out", "trial.csv", "--data", "alpha:people=alpha.csv", "--data",
        "delta:people=delta.csv")
      trial.succeeded()
      #expect(try box.read("trial.csv") == Consortium.resultCSV)

      // Again with the same rows, and with one more.
      let again = try await Consortium.end(try await consortium.start(order))
      #expect(again["alpha"]?.errors.contains("released before with the same data of yours") == true, "\(again)")
      try box.write(Consortium.alphaRows + "33,north,44\n", "alpha.csv")
      let changed = try await Consortium.end(
        try await consortium.start(order) { $0 == "alpha" ? ["--accept-changed-data"] : [] })
      for end in changed.values { end.succeeded() }
      let warning = try #require(changed["alpha"]).errors
      #expect(warning.contains("warning: ") && warning.contains("compute what changed"), "\(warning)")
      #expect(!(try #require(changed["beta"]).errors.contains("released before")))

      // An edited study carries no signature.
      try consortium.write {
        $0.signatures = true
        $0.minimumCell = 1
      }
      try await box.parley("verify", "study.yml").failed(3, "study/signature-invalid", "alpha", "sign")
      try await box.parley("party", "study.yml", "--as", "beta").failed(3, "study/signature-invalid", "alpha")
      // A moved endpoint is no edit.
      try consortium.write(endpoints: ["beta": 9]) { $0.signatures = true }
      try await box.parley("verify", "study.yml").succeeded()
      #expect(box.leftovers.isEmpty)
    }

    /// What the session above left behind stands up to checking, and an altered copy does not.
    private func receiptsAndState() async throws {
      let checked = try await box.parley("receipt", "gamma.receipt", "--study", "study.yml")
      checked.succeeded()
      for words in [
        "receipt of a party, completed", "delta: holder", "press: recipient",
        "cost as planned", "signed by all 5",
      ] { #expect(checked.output.contains(words), "\(words)\n\(checked)") }
      try box.write(
        try box.read("gamma.receipt").replacing("\"attempt\" : 1", with: "\"attempt\" : 2"), "altered.receipt")
      try await box.parley("receipt", "altered.receipt", "--study", "study.yml").failed(
        4, "data/receipt", fix: nil)
      try consortium.write("other.yml") { $0.minimumCell = 1 }
      try await box.parley("receipt", "gamma.receipt", "--study", "other.yml").failed(4, "data/receipt", "study")
      try await box.parley("receipt", "nosuch.receipt").failed(4, "data/receipt", "nosuch.receipt")
      let state = try await box.parley("state", "--as", "alpha", "--study", "study.yml")
      state.succeeded()
      #expect(
        state.output.contains("releases  1") && state.output.contains("failed sessions because of beta: 0")
          && state.output.contains("failed sessions of alpha, beta, gamma together: 0"), "\(state)")
    }

    @Test func signaturesOfOthers() async throws {
      try consortium.write { $0.signatures = true }
      try await box.parley("sign", "study.yml", "--as", "omega").failed(3, "study/unknown-name", "omega")
      try await box.parley("identity", "create", "--name", "beta", "--directory", "other").succeeded()
      let other = try await box.parley("sign", "study.yml", "--as", "beta", "--identity", "other")
      other.failed(5, "identity/other-key", "fingerprint", "study.yml:")
      #expect(!other.errors.contains("each learn exactly"), "\(other)")
      // An identity of another party of the study, given as its file: told whose it is.
      let gamma = try await box.parley(
        "sign", "study.yml", "--as", "beta", "--identity", box.url("home/identities/gamma.identity"))
      gamma.failed(5, "identity/other-key", "'gamma' is that of 'gamma'", "not of 'beta'")
      let file = box.url("home/identities/beta.identity")
      try await box.parley("sign", "study.yml", "--as", "beta", "--identity", file).succeeded()
      try FileManager.default.removeItem(atPath: box.url("study.yml.signatures/beta.sig"))
      // A signature under another name is none.
      try await box.parley("sign", "study.yml", "--as", "alpha").succeeded()
      try FileManager.default.copyItem(
        atPath: box.url("study.yml.signatures/alpha.sig"), toPath: box.url("study.yml.signatures/beta.sig"))
      let verified = try await box.parley("verify", "study.yml")
      #expect(verified.status == 3 && verified.output.contains("beta: invalid"), "\(verified)")
    }

    @Test func statementMustBeAccepted() async throws {
      try consortium.write()
      let hash = try await consortium.statementHash()
      // Nobody comes whom a refused party could tell: it need not stay for them.
      let unasked = try await box.parley(consortium.arguments("alpha", accept: nil, wait: 1))
      unasked.failed(3, "study/statement-not-accepted", "each learn exactly", "--accept \(hash)")
      let zeros = String(repeating: "0", count: 64)
      try await box.parley(consortium.arguments("delta", accept: zeros, wait: 1)).failed(
        3, "study/statement-not-accepted", hash)
      // A beginning is not enough: whoever writes the study can search for another statement with the same.
      for wrong in [String(hash.prefix(16)), String(hash.dropLast()), hash + "0", "yes"] {
        try await box.parley(consortium.arguments("delta", accept: wrong, wait: 1)).failed(
          2, "usage/hash", "all 64")
      }
      // Without groups it is the same hash: the next thing that is missing is the others.
      // Done here: give all 64 hexadecimal digits
      let plain = hash.replacing("-", with: "")
      try await box.parley(consortium.arguments("delta", accept: plain, wait: 1)).failed(6, "network/timeout")
      // Nothing was connected for that.
      #expect(!unasked.errors.contains("waiting"))
    }

    @Test func wrongRoles() async throws {
      try consortium.write()
      let hash = try await consortium.statementHash()
      try await box.parley("party", "study.yml", "--as", "omega").failed(3, "study/unknown-name", "omega")
      // As above, none stays for those who do not come.
      func party(_ words: String...) async throws -> Ended {
        try await box.parley(["party", "study.yml", "--wait", "1", "--as"] + words)
      }
      try await party("delta", "--accept", hash).failed(
        2, "usage/arguments", "--data people=")
      try await party("beta", "--data", "people=alpha.csv").failed(2, "usage/arguments", "beta")
      try await party("alpha", "--data", "delta:people=delta.csv").failed(2, "usage/arguments", "another party")
      let twice = consortium.arguments("alpha", accept: hash, wait: 1) + ["--data", "people=delta.csv"]
      try await box.parley(twice).failed(2, "usage/arguments", "twice")
      try box.write("age,city,income\n500,north,1\n", "bad.csv")
      let bad = try await box.parley(
        consortium.arguments("alpha", accept: hash, files: ["alpha": "bad.csv"], wait: 1))
      bad.failed(4, "data/range", "bad.csv:2: column 'age'")
      #expect(!bad.errors.contains("waiting"))
      // Keys and endpoints are needed between machines.
      try box.write(Consortium.Draft().text, "bare.yml")
      try await box.parley("party", "bare.yml", "--as", "beta").failed(
        3, "study/not-ready", "party 'beta' has no key", "no endpoint")
    }

    @Test func doctor() async throws {
      try consortium.write()
      // Two are missing: the other links are measured all the same.
      var running: [String: Running] = [:]
      for name in ["gamma", "alpha", "beta"] {
        running[name] = try box.start(
          ["doctor", "study.yml", "--as", name, "--wait", "8"]
            + (name == "alpha" ? ["--data", "people=alpha.csv"] : []))
      }
      for (name, end) in try await Consortium.end(running) {
        #expect(end.status == 1, "\(end)")
        for other in Consortium.computing where other != name {
          #expect(end.output.contains("ok   link to \(other): TLS 1.3 X25519MLKEM768, key "), "\(end)")
        }
        for missing in ["delta", "press"] { #expect(end.output.contains("BAD  link to \(missing): "), "\(end)") }
        #expect(end.output.contains("fix: have delta run the doctor"), "\(end)")
        for check in ["study", "identity", "clock", "state", "signatures", "port"] {
          #expect(end.output.contains("ok   \(check): "), "\(check)\n\(end)")
        }
      }
      // All together: nothing is wrong.
      running = [:]
      for name in Consortium.names.reversed() {
        var words = ["doctor", "study.yml", "--as", name, "--json"]
        if ["alpha", "delta"].contains(name) { words += ["--data", "people=\(name).csv"] }
        running[name] = try box.start(words)
      }
      for (name, end) in try await Consortium.end(running) {
        end.succeeded()
        let findings = try #require(
          try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [[String: Any]], "\(end)")
        #expect(findings.allSatisfy { $0["isGood"] as? Bool == true }, "\(end)")
        let links = findings.filter { ($0["check"] as? String)?.hasPrefix("link to ") == true }
        #expect(links.count == (Consortium.computing.contains(name) ? 4 : 3), "\(end)")
        #expect(links.contains { ($0["detail"] as? String)?.contains("round trip") == true }, "\(end)")
      }
    }

    @Test func doctorFindsFaults() async throws {
      try consortium.write { $0.signatures = true }
      try box.write("age,city,income\n500,north,1\n", "bad.csv")
      let taken = try Loopback.listen()
      defer { taken.close() }
      try consortium.write(endpoints: ["alpha": taken.port]) { $0.signatures = true }
      let end = try await box.parley(
        "doctor", "study.yml", "--as", "alpha", "--data", "people=bad.csv", "--wait", "2")
      #expect(end.status == 1, "\(end)")
      for words in [
        "BAD  data people: bad.csv:2: column 'age'", "BAD  signatures: ", "BAD  port: ", "[network/port-in-use]",
        "fix: ",
      ] { #expect(end.output.contains(words), "\(words)\n\(end)") }
      // Somebody else answers at the endpoint of beta.
      try await box.parley("identity", "create", "--name", "beta", "--directory", "other").succeeded()
      let shown = try await box.parley("identity", "show", "--name", "beta", "--directory", "other", "--json")
      let key = try #require(try shown.json()["publicKey"] as? String)
      try consortium.write()
      try consortium.write("other.yml") { $0.keys["beta"] = key }
      let stranger = try box.start(
        ["doctor", "other.yml", "--as", "beta", "--identity", "other", "--state", "other", "--wait", "20"])
      let caller = try await box.parley("doctor", "study.yml", "--as", "gamma", "--wait", "4")
      stranger.signal(SIGKILL)
      #expect(
        caller.status == 1 && caller.output.contains("BAD  link to beta: ")
          && caller.output.contains("[identity/wrong-key]"), "\(caller)")
      let none = try await box.parley("doctor", "study.yml", "--as", "alpha", "--offline", "--identity", "none")
      #expect(
        none.status == 1 && none.output.contains("BAD  identity: ")
          && none.output.contains("BAD  data people: no file"), "\(none)")
    }
  }
}
