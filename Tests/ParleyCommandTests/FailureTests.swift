import Foundation
import Testing

extension CommandTests {
  /// What every party says when parties cannot meet, differ, or end in the middle.
  @Suite("Parties that fail") struct Failures {
    let box: Sandbox
    let consortium: Consortium
    init() async throws {
      box = try Sandbox()
      consortium = try await Consortium(box)
    }

    @Test func missingParty() async throws {
      try consortium.write()
      let hash = try await consortium.statementHash()
      let alone = try await box.parley(consortium.arguments("alpha", accept: hash, wait: 3))
      alone.failed(6, "network/timeout", "beta, gamma, delta, press", "3 s")
      #expect(alone.errors.contains("waiting for beta, gamma, delta, press"), "\(alone)")
      let pair = [
        "alpha": try box.start(consortium.arguments("alpha", accept: hash, wait: 4) + ["--out", "result.csv"]),
        "beta": try box.start(consortium.arguments("beta", accept: nil, wait: 4)),
      ]
      let ended = try await Consortium.end(pair)
      // Whoever gives up first says for whom; the other may hear of that first.
      for end in ended.values { #expect([6, 7].contains(end.status) && !end.isLate, "\(end)") }
      #expect(
        ended.values.contains { $0.errors.contains("[network/timeout]") && $0.errors.contains("gamma") },
        "\(ended)")
      #expect(!box.exists("result.csv") && box.leftovers.isEmpty)
    }

    @Test func portInUse() async throws {
      let taken = try Loopback.listen()
      defer { taken.close() }
      try consortium.write(endpoints: ["beta": taken.port])
      try await box.parley(consortium.arguments("beta", accept: nil)).failed(
        6, "network/port-in-use", "\(taken.port)", "stop the program")
    }

    @Test func stateLockedTwice() async throws {
      try consortium.write()
      let first = try box.start(consortium.arguments("beta", accept: nil))
      try await first.says("waiting for the other parties")
      try await box.parley(consortium.arguments("beta", accept: nil)).failed(
        9, "state/locked", "home/state/beta", "with another state directory")
      // Ctrl-C while waiting is an ending like any other, and frees the state.
      first.signal(SIGINT)
      let ended = try await first.end()
      ended.failed(130, "interrupted/signal")
      try await box.parley(consortium.arguments("beta", accept: nil, wait: 1)).failed(6, "network/timeout")
    }

    @Test func loosePermissions() async throws {
      try consortium.write()
      let file = box.url("home/identities/beta.identity")
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
      try await box.parley(consortium.arguments("beta", accept: nil)).failed(
        5, "identity/permissions", "chmod 600")
    }

    @Test func wrongAndForeignKeys() async throws {
      try await box.parley("identity", "create", "--name", "beta", "--directory", "other").succeeded()
      let other = try await box.parley("identity", "show", "--name", "beta", "--directory", "other", "--json")
      let key = try #require(try other.json()["publicKey"] as? String)
      try consortium.write()
      try consortium.write("other.yml") { $0.keys["beta"] = key }
      // The own key is not the one of the study.
      try await box.parley(consortium.arguments("beta", accept: nil) + ["--identity", "other"]).failed(
        5, "identity/other-key", "beta")
      // A stranger with a study of its own: whom it dials refuses it, and who dials it finds the wrong key.
      let hash = try await consortium.statementHash()
      var stranger = try box.start(
        consortium.arguments("beta", "other.yml", accept: nil, wait: 20) + ["--identity", "other"])
      let called = try await box.parley(consortium.arguments("alpha", accept: hash, wait: 5))
      called.failed(5, "identity/foreign-peer", "is not in the study")
      try await stranger.end().failed(5, "identity/refused", "alpha")
      stranger = try box.start(
        consortium.arguments("beta", "other.yml", accept: nil, wait: 20) + ["--identity", "other"])
      let calling = try await box.parley(consortium.arguments("gamma", accept: nil, wait: 20))
      calling.failed(5, "identity/wrong-key", "expected fingerprint", "beta")
      stranger.signal(SIGINT)
      let end = try await stranger.end()
      #expect([5, 6, 7, 130].contains(end.status), "\(end)")
    }

    @Test func studiesDiffer() async throws {
      try consortium.write()
      try consortium.write("other.yml") { $0.minimumCell = 1 }
      let running = [
        "beta": try box.start(consortium.arguments("beta", "other.yml", accept: nil, wait: 6)),
        "gamma": try box.start(consortium.arguments("gamma", accept: nil, wait: 6)),
      ]
      for (name, end) in try await Consortium.end(running) {
        end.failed(7, "aborted/session-mismatch", name == "beta" ? "gamma" : "beta", "compare the hash")
      }
    }

    /// A computing party without enough memory ends the session before anything is shared; who does not compute needs
    /// little.
    @Test func tooLittleMemory() async throws {
      try consortium.write()
      let hash = try await consortium.statementHash()
      var running: [String: Running] = [:]
      for name in Consortium.names {
        running[name] = try box.start(
          consortium.arguments(name, accept: hash) + ["--out", "\(name)-result.csv"],
          environment: ["gamma", "delta"].contains(name) ? ["PARLEY_MEMORY_LIMIT": "1000000"] : [:])
      }
      let ended = try await Consortium.end(running)
      try #require(ended["gamma"]).failed(8, "plan/memory", "this computing party", "--ignore-memory")
      for (name, end) in ended where name != "gamma" {
        #expect([6, 7].contains(end.status) && !end.isLate, "\(name): \(end)")
        #expect(!end.errors.contains("plan/memory]"), "\(name): \(end)")
      }
      for name in Consortium.names { #expect(!box.exists("\(name)-result.csv")) }
    }

    /// Row counts beyond the study are refused by everybody before anything is shared.
    @Test func tooManyRowsTogether() async throws {
      try consortium.write { $0.maximumRows = 5 }
      let ended = try await Consortium.end(
        try await consortium.start(Consortium.names) { ["--out", "\($0)-result.csv"] })
      for (name, end) in ended {
        #expect([4, 7].contains(end.status) && !end.isLate, "\(end)")
        #expect(!box.exists("\(name)-result.csv"))
      }
      #expect(ended.values.contains { $0.errors.contains("[data/too-many-rows]") }, "\(ended)")
    }

    /// The disk is full when the receipt arrives: this party has its results all the same, the others are done.
    @Test func diskFullOnReceipt() async throws {
      try consortium.write()
      let ended = try await Consortium.end(
        try await consortium.start(Consortium.names) {
          $0 == "alpha" ? ["--receipt", "/dev/full", "--out", "alpha-result.csv"] : ["--out", "\($0)-result.csv"]
        })
      try #require(ended["alpha"]).failed(
        9, "state/not-written", "/dev/full could not be written", "ask another party for its receipt",
        showsResult: true)
      for (name, end) in ended where name != "alpha" { end.succeeded() }
      #expect(try box.read("alpha-result.csv") == Consortium.resultCSV)
      #expect(try box.read("press-result.csv") == Consortium.resultCSV)
    }

    struct Blow: Sendable, CustomTestStringConvertible {
      var victim: String
      var signal: Int32
      /// The connection, from who dials to who listens, whose traffic starts it, and after how many bytes.
      var from: String
      var to: String
      var bytes: Int
      var testDescription: String { "\(victim) gets signal \(signal)" }
    }

    static let blows = [
      Blow(victim: "beta", signal: SIGKILL, from: "gamma", to: "beta", bytes: 500_000),
      Blow(victim: "alpha", signal: SIGKILL, from: "gamma", to: "beta", bytes: 500_000),
      Blow(victim: "delta", signal: SIGKILL, from: "delta", to: "beta", bytes: 100_000),
      Blow(victim: "press", signal: SIGKILL, from: "gamma", to: "beta", bytes: 500_000),
      Blow(victim: "gamma", signal: SIGINT, from: "gamma", to: "beta", bytes: 500_000),
      Blow(victim: "beta", signal: SIGTERM, from: "gamma", to: "beta", bytes: 500_000),
    ]

    /// A party ends in the middle of the computation, which its own traffic tells. With one attempt for everybody that is
    /// the end; Tests/Cases has what comes of more.
    @Test(arguments: blows) func partyEndsInTheMiddle(_ blow: Blow) async throws {
      let large = try Large(consortium, patience: "3s")
      let relay = try Relay(to: try #require(consortium.ports[blow.to]))
      defer { relay.stop() }
      try large.write("relayed.yml", endpoints: [blow.to: relay.port])
      let running = try await consortium.start(
        Consortium.names, "study.yml", studies: [blow.from: "relayed.yml"], files: large.files
      ) { ["--out", "\($0)-result.csv", "--receipt", "\($0).receipt", "--attempts", "1"] }
      let victim = try #require(running[blow.victim])
      relay.after(blow.bytes) {
        victim.signal(blow.signal)
        guard blow.signal == SIGKILL else { return }
        // Nothing passes before the victim is gone, and what it still had on the way is lost: a fast machine has
        // whole columns there, with which the others would end well.
        while victim.process.isRunning { usleep(1_000) }
        if [blow.from, blow.to].contains(blow.victim) { relay.cut() }
      }
      let ended = try await Consortium.end(running)
      #expect(relay.hasFired, "nothing happened: \(ended)")
      let end = try #require(ended[blow.victim])
      if blow.signal == SIGKILL {
        #expect(end.wasSignalled && end.status == SIGKILL, "\(end)")
      } else {
        end.failed(130, "interrupted/signal", "nothing was released")
      }
      for (name, end) in ended where name != blow.victim {
        // A holder that does not compute may have left (none has when delta itself is the victim); nobody waits for a
        // recipient before the results are there.
        let mayBeDone = name == "delta" || blow.victim == "press"
        if mayBeDone, end.status == 0 { continue }
        if blow.victim == "press", end.status == 10 {
          // The results are there and hold; the receipt lacks a signature.
          end.failed(10, "receipt/missing", showsResult: true)
          #expect(!box.exists("\(name).receipt"))
          continue
        }
        #expect([6, 7].contains(end.status) && !end.wasSignalled && !end.isLate, "\(name): \(end)")
        #expect(
          end.errors.contains("[aborted/peer]") || end.errors.contains("[network/link-lost]"), "\(name): \(end)")
        #expect(end.errors.contains("fix: ") && end.output.isEmpty, "\(name): \(end)")
        if blow.signal != SIGKILL { #expect(end.status == 7, "\(name): \(end)") }
        #expect(!box.exists("\(name)-result.csv") && !box.exists("\(name).receipt"))
      }
      if blow.signal == SIGKILL {
        // At least one noticed by itself, and names the party.
        #expect(
          ended.contains {
            $0.key != blow.victim
              && $0.value.errors.contains("the link to \(blow.victim) was down for more than 3 s")
          },
          "\(ended)")
      }
      #expect(!box.exists("\(blow.victim)-result.csv") && box.leftovers.isEmpty)
    }
  }

  /// The network fails in the middle of a run and comes back.
  @Suite("Outages") struct Outages {
    static let isQuick = ProcessInfo.processInfo.environment["PARLEY_SKIP_LONG_TESTS"] != nil

    /// Twenty seconds without a link between two computing parties.
    @Test(.enabled(if: !isQuick, "PARLEY_SKIP_LONG_TESTS is set"))
    func runSurvivesAnOutage() async throws {
      let box = try Sandbox()
      let consortium = try await Consortium(box)
      let large = try Large(consortium, patience: "60s")
      let relay = try Relay(to: try #require(consortium.ports["beta"]))
      defer { relay.stop() }
      try large.write("relayed.yml", endpoints: ["beta": relay.port])
      let running = try await consortium.start(
        Consortium.names, studies: ["gamma": "relayed.yml"], files: large.files
      ) { ["--out", "\($0)-result.csv"] + ($0 == "delta" ? ["--attempts", "1"] : []) }
      relay.after(500_000) { relay.cut() }
      while !relay.hasFired, running.values.contains(where: \.process.isRunning) {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(relay.hasFired)
      try await Task.sleep(for: .seconds(20))
      // A holder with one attempt, whose shares have arrived, is gone; everybody else waits and says for whom.
      #expect(!(try #require(running["delta"]).process.isRunning))
      let waiting = try Regex("waiting on (beta|gamma), whose next message is due, for [0-9]+ s")
      #expect(running.values.contains { $0.errors.contains(waiting) }, "\(running.mapValues(\.errors))")
      for name in ["alpha", "beta", "gamma", "press"] {
        #expect(try #require(running[name]).process.isRunning, "\(name) did not wait")
      }
      relay.restore()
      let ended = try await Consortium.end(running)
      for end in ended.values { end.succeeded() }
      let errors = try #require(ended["gamma"]).errors
      #expect(errors.contains("link to beta is down") && errors.contains("link to beta is back"), "\(errors)")
      for name in ["alpha", "press"] { #expect(try box.read("\(name)-result.csv") == large.resultCSV) }
    }
  }

  /// Enough rows that a test can hit the middle of the run.
  struct Large {
    static let rows = 100_000
    let consortium: Consortium
    let patience: String
    let files = ["alpha": "large-alpha.csv", "delta": "large-delta.csv"]
    var resultCSV: String {
      "city,n,ages,incomes\r\nnorth,\(Self.rows),\(Self.rows * 30),\(Self.rows * 100)\r\n"
        + "south,\(Self.rows),\(Self.rows * 41),\(Self.rows * 5)\r\n"
    }

    init(_ consortium: Consortium, patience: String) throws {
      self.consortium = consortium
      self.patience = patience
      let head = "age,city,income\n"
      try consortium.sandbox.write(head + String(repeating: "30,north,100\n", count: Self.rows), "large-alpha.csv")
      try consortium.sandbox.write(head + String(repeating: "41,south,5\n", count: Self.rows), "large-delta.csv")
      try write("study.yml")
    }

    func write(_ file: String, endpoints: [String: Int] = [:]) throws {
      try consortium.write(file, endpoints: endpoints) {
        $0.patience = patience
        $0.maximumRows = 2 * Self.rows
      }
    }
  }
}
