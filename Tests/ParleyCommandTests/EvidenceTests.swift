import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import Synchronization
import Testing

extension CommandTests {
  /// What `parley evidence` says about files that parties of an attacked session kept.
  @Suite("parley evidence") struct EvidenceFiles {
    let box: Sandbox
    let consortium: Consortium
    init() async throws {
      box = try Sandbox()
      consortium = try await Consortium(box)
      try consortium.write {
        $0.adversary = "malicious"
        $0.signatures = true
      }
      for name in Consortium.names { try await box.parley("sign", "study.yml", "--as", name).succeeded() }
    }

    /// Runs the study with the parties' keys and state directories; what `beta` signs before the openings is not what the
    /// others saw if it lies.
    ///
    /// - Returns: the evidence that the others kept.
    private func session(isAttacked: Bool) throws -> [String] {
      let prepared = try PreparedStudy(try StudyLoader.load(path: box.url("study.yml")))
      let store = IdentityStore(directory: box.url("home/identities"))
      let names = prepared.study.meshOrder
      let identities = try Dictionary(uniqueKeysWithValues: names.map { ($0, try store.load(name: $0)) })
      let liar = try #require(identities["beta"])
      let place = try #require(names.firstIndex(of: "beta"))
      let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: names.count)) { message in
        guard isAttacked, message.step == ControlStep.statement, message.from.rawValue == place,
          let signed = try? SignedStatement.decode(message.bytes)
        else { return .pass }
        var statement = signed.statement
        statement.publicDigest[0] ^= 1
        guard let signature = try? IdentitySigning.sign(statement.encoded, liar, .evidence) else { return .drop }
        return .change(SignedStatement(statement, signature: signature).encoded)
      }
      let kept = Mutex<[String]>([])
      let folder = box.url("home/state-")
      let table = prepared.study.tables[0].schema
      let results: [Result<Void, ParleyError>] = runParties(network.meshes, closing: false) { mesh in
        let name = names[mesh.local.rawValue]
        guard let identity = identities[name] else { throw ParleyError(.invariant, "no key") }
        let data = table.holders.contains(name) ? [0: SyntheticData.make(table, rows: 4, seed: 3)] : [:]
        _ = try Participant(
          prepared: prepared, name: name, identity: identity, data: data, mode: .party,
          memory: try StateDirectory(path: folder + name)
        ).run(
          over: mesh,
          .init(log: { event in
            guard name != "beta", case .aborted(let report) = event, let path = report.evidencePath else { return }
            kept.withLock { $0.append(path) }
          }))
      }
      let isWhole = results.allSatisfy { if case .success = $0 { true } else { false } }
      #expect(isWhole == !isAttacked, "\(results)")
      return kept.withLock { $0 }.sorted()
    }

    @Test func honestSessionsKeepNone() async throws {
      #expect(try session(isAttacked: false).isEmpty)
      try await box.parley("evidence").failed(2, "usage/arguments", "<files>")
    }

    @Test func filesNameWhoLied() async throws {
      let files = try session(isAttacked: true)
      try #require(!files.isEmpty)
      let checked = try await box.parley(["evidence"] + files)
      checked.succeeded()
      for words in ["session  ", "study    ", "session ended", "nobody is named", "add --study"] {
        #expect(checked.output.contains(words), "\(words)\n\(checked)")
      }
      for name in Consortium.names { #expect(!checked.output.contains(" \(name)"), "\(checked)") }
      let keyed = try await box.parley(["evidence", "--study", "study.yml"] + files)
      keyed.succeeded()
      #expect(keyed.output.contains("named: beta, the only one") && !keyed.output.contains("nobody"), "\(keyed)")
      #expect(keyed.output.contains(": by "), "\(keyed)")
      let json = try await box.parley(["evidence", "--json", "--study", "study.yml"] + files)
      json.succeeded()
      let object = try json.json()
      #expect(object["named"] as? [String] == ["beta"], "\(json)")
      #expect((object["findings"] as? [String])?.isEmpty == false && object["authors"] is [String], "\(json)")
      // A study that one of them has not signed binds nobody: whoever shows it may have written it.
      try FileManager.default.removeItem(atPath: box.url("study.yml.signatures/delta.sig"))
      let unsigned = try await box.parley(["evidence", "--study", "study.yml"] + files)
      unsigned.succeeded()
      #expect(
        unsigned.output.contains("nobody is named") && unsigned.output.contains("not signed by delta"),
        "\(unsigned)")
      let silent = try await box.parley(["evidence", "--json", "--study", "study.yml"] + files).json()
      for field in ["named", "findings", "authors"] { #expect((silent[field] as? [String])?.isEmpty == true) }
    }

    @Test func wrongFilesAreRefused() async throws {
      let file = try #require(try session(isAttacked: true).first)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      // One that was edited, one with a signature by somebody else, one that is cut short, and none at all.
      try box.write(text.replacing("\"attempt\" : 1", with: "\"attempt\" : 2"), "edited.json")
      try await box.parley("evidence", "edited.json").failed(4, "data/evidence", "edited.json", "signature")
      let statement = try #require(text.range(of: "\"statement\" : \""))
      var flipped = text
      let first = text[statement.upperBound] == "0" ? "1" : "0"
      flipped.replaceSubrange(statement.upperBound...statement.upperBound, with: first)
      try box.write(flipped, "flipped.json")
      try await box.parley("evidence", "flipped.json").failed(4, "data/evidence", "flipped.json")
      try box.write(String(text.dropLast(20)), "short.json")
      try await box.parley("evidence", "short.json").failed(4, "data/evidence", "short.json")
      try await box.parley("evidence", file, "missing.json").failed(4, "data/evidence", "missing.json")
      // About another study, and with other keys than it names.
      try consortium.write("other.yml") {
        $0.adversary = "malicious"
        $0.minimumCell = 1
      }
      try await box.parley("evidence", file, "--study", "other.yml").failed(4, "data/evidence", "about the study")
      let another = try session(isAttacked: true)
      let later = try #require(another.first { $0 != file })
      try await box.parley("evidence", file, later).failed(4, "data/evidence", "another session")
    }
  }
}
