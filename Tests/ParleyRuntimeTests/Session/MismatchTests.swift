import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

@Suite struct MismatchTests {
  static func change(_ field: SessionDescription.Field, _ description: inout SessionDescription) {
    switch field {
    case .version: description.version = "0.2.0\u{1b}[31m"
    case .protocolID: description.protocolID = "toy/malicious"
    case .study: description.studyHash[0] ^= 1
    case .program: description.programHash[31] ^= 128
    case .disclosure: description.disclosureHash[5] ^= 4
    case .parameters: description.parameters[0].value = "3"
    case .principals: description.principals[4].identity[0] ^= 1
    case .tables: description.tables[0].maximumRows += 1
    case .job: description.jobID += [9]
    }
  }

  /// Every field, changed at a computing party, at a holder and at a recipient: everybody gets the clear message,
  /// and nothing but greetings is sent.
  @Test(arguments: SessionDescription.Field.allCases, [1, 3, 5])
  func everybodyLearnsWhatDiffers(field: SessionDescription.Field, deviant: Int) throws {
    var world = SessionWorld()
    let memories = (0..<6).map { _ in ScriptedMemory() }
    world.memories = memories
    world.adapt = { party, plan in if party == deviant { Self.change(field, &plan.description) } }
    let sent = Mutex<Set<StepID>>([])
    let run = world.run { message in
      sent.withLock { _ = $0.insert(message.step) }
      return .pass
    }
    #expect(sent.withLock { $0 }.isSubset(of: [ControlStep.hello, ControlStep.helloRoll]))
    for party in 0..<6 {
      let error = try #require(run.error(party), "P\(party)")
      #expect(error.code == .sessionMismatch, "P\(party): \(error)")
      #expect(error.message.contains(". \(field.rawValue): "), "P\(party): \(error.message)")
      #expect(error.remedy != nil)
      #expect(!error.message.contains("\u{1b}"))
      #expect(error.message.contains("All others agree") == (party == deviant), "P\(party): \(error.message)")
      if party != deviant {
        #expect(error.place?.item == SessionWorld.names[deviant])
      }
      // A mismatch is not cheating: nobody is counted, nobody enters anything.
      #expect(memories[party].log == [.reserve], "P\(party)")
      #expect(run.aborts[party]?.isUncounted == true)
    }
  }

  @Test func parametersAreNamed() throws {
    var world = SessionWorld()
    world.adapt = { party, plan in
      if party == 1 { plan.description.parameters.removeAll { $0.name == "ring" } }
      if party == 2 { plan.mode = .party }
    }
    let run = world.run()
    let message = run.error(0)?.message ?? ""
    #expect(message.contains("“ring” is absent at beta and “64” here"), "\(message)")
  }

  /// A party whose greeting has a newer format, as a future version would send it.
  @Test func anotherFormatIsAVersionMismatch() throws {
    @Sendable func newer(_ hello: [UInt8]) -> [UInt8] {
      Array(hello.prefix(8)) + [UInt8(SessionHello.format + 1), 0, 77]
    }
    let run = SessionWorld().run { message in
      guard message.from == PartyIndex(1) else { return .pass }
      switch message.step {
      case ControlStep.hello: return .change(newer(message.bytes))
      case ControlStep.helloRoll: return .change(CheatingTests.roll(message.bytes, changing: 1, newer))
      default: return .pass
      }
    }
    // P1 runs the old code here, so it may notice first that its words were changed; the verdicts of the others
    // are either this or the echo of that.
    let codes = [0, 2, 3, 4, 5].map { run.error($0)?.code }
    #expect(
      codes.allSatisfy { $0 == .sessionMismatch || $0 == .peerAborted }, "\([0, 2, 3, 4, 5].map { run.error($0) })"
    )
    for party in [0, 2, 3, 4, 5] where run.error(party)?.code == .sessionMismatch {
      #expect(run.error(party)?.message.contains("version: beta speaks another format") == true)
    }
  }

  @Test func modeIsAgreed() throws {
    let trial = SessionPlan(description: SessionWorld.description, mode: .localTrial)
    let real = SessionPlan(description: SessionWorld.description, mode: .party)
    #expect(trial.description.agreementHash != real.description.agreementHash)
  }

  @Test func sidMismatchIsToldApartFromCheating() throws {
    let world = SessionWorld()
    let run = world.run { message in
      guard message.step == ControlStep.sessionID, message.from == PartyIndex(0), message.to == PartyIndex(1)
      else {
        return .pass
      }
      var bytes = message.bytes
      bytes[0] ^= 1
      return .change(bytes)
    }
    let error = try #require(run.error(1))
    #expect(error.code == .sidMismatch)
    #expect(error.message.hasPrefix("sid mismatch"))
    #expect(run.aborts[1]?.isUncounted == true)
    #expect(run.nobodyHasOutput)
  }

  @Test func sessionIDDependsOnEveryField() {
    let base = SessionWorld.description
    let nonces = (0..<6).map { SessionWorld.hash("nonce \($0)") }
    let roll = (0..<6).map { SessionWorld.hash("hello \($0)") }
    func id(_ description: SessionDescription, _ nonces: [[UInt8]], _ roll: [[UInt8]]) -> [UInt8] {
      Handshake.sessionID(description, nonces: nonces, roll: roll)
    }
    var ids = [id(base, nonces, roll)]
    for field in SessionDescription.Field.allCases {
      var other = base
      Self.change(field, &other)
      ids.append(id(other, nonces, roll))
    }
    var changed = base
    changed.attempt = 1
    ids.append(id(changed, nonces, roll))
    changed = base
    changed.computingCount = 2
    ids.append(id(changed, nonces, roll))
    changed = base
    changed.principals[1].name = "eta"
    ids.append(id(changed, nonces, roll))
    changed = base
    changed.principals.swapAt(0, 1)
    ids.append(id(changed, nonces, roll))
    changed = base
    changed.tables[1].padTo = nil
    ids.append(id(changed, nonces, roll))
    for party in 0..<6 {
      var others = nonces
      others[party][31] ^= 1
      ids.append(id(base, others, roll))
      others = roll
      others[party][0] ^= 1
      ids.append(id(base, nonces, others))
    }
    // Moving a byte across a border between two fields gives another id.
    ids.append(id(base, [nonces[0] + [nonces[1][0]], Array(nonces[1].dropFirst())] + nonces.dropFirst(2), roll))
    #expect(Set(ids).count == ids.count)
    #expect(id(base, nonces, roll) == ids[0])
  }

  @Test func twoSessionsHaveTwoIDs() throws {
    let world = SessionWorld()
    let first = world.run().outcome(0)?.session, second = world.run().outcome(0)?.session
    #expect(first != nil && first?.id != second?.id)
    #expect(second?.description.attempt == 2)
  }

  @Test func rowsBeyondTheStudyAreRefusedByAll() throws {
    var world = SessionWorld()
    world.adapt = { party, plan in if party == 3 { plan.rows = [0: 91] } }
    let run = world.run()
    for party in 0..<6 {
      #expect(run.error(party)?.code == .tooManyRows, "P\(party)")
      #expect(run.error(party)?.message.contains("101 rows in all") == true)
    }
    // One's own mistake is found before anything is sent.
    world.adapt = { party, plan in if party == 4 { plan.rows = [1: 39] } }
    let own = world.run()
    #expect(own.error(4)?.code.rawValue == "data/row-count")
    #expect(own.error(0)?.code == .peerAborted)
    // So are rows of a table that another holds.
    world.adapt = { party, plan in if party == 4 { plan.rows = [0: 40] } }
    let other = world.run()
    #expect(other.error(4)?.code.rawValue == "data/tables")
    #expect(other.error(0)?.code == .peerAborted)
  }

  @Test func descriptionsThatMakeNoSenseAreRefused() {
    let changes: [(String, (inout SessionDescription) -> Void)] = [
      ("order", { $0.principals.swapAt(0, 1) }), ("no computing", { $0.computingCount = 0 }),
      ("too many computing", { $0.computingCount = 7 }), ("name", { $0.principals[1].name = "alpha" }),
      ("identity", { $0.principals[1].identity = $0.principals[0].identity }),
      ("parameter", { $0.parameters.append($0.parameters[0]) }), ("hash", { $0.studyHash.removeLast() }),
      ("role", { $0.principals[5].isRecipient = false }),
      ("holder twice", { $0.tables[0].holders.append(PartyIndex(0)) }),
      ("holder unknown", { $0.tables[0].holders.append(PartyIndex(6)) }),
      ("padding", { $0.tables[1].padTo = 51 }), ("long", { $0.version = String(repeating: "x", count: 257) }),
    ]
    for (name, change) in changes {
      var description = SessionWorld.description
      change(&description)
      let error = #expect(throws: ParleyError.self, "\(name)") { try description.validate() }
      #expect(error?.code.rawValue == "study/session", "\(name)")
    }
    #expect(throws: Never.self) { try SessionWorld.description.validate() }
  }
}
