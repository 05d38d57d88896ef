import Foundation
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Testing

@Suite struct ReceiptTests {
  static func receipts() throws -> (SessionWorld.Run, Receipt) {
    var world = SessionWorld()
    world.predicted = PartyReport.Cost(rounds: 2, sentBytes: Array(repeating: 8, count: 6))
    let run = world.run()
    return (run, try #require(run.outcome(0)?.receipt))
  }

  @Test func saysWhatHappened() throws {
    let (_, receipt) = try Self.receipts()
    let body = receipt.body
    #expect(body.study == hexadecimal(SessionWorld.hash("study")))
    #expect(body.mode == .localTrial && body.outcome == .completed)
    #expect(body.principals.map(\.name) == SessionWorld.names)
    #expect(body.principals.map(\.leftEarly) == [false, false, false, false, true, false])
    #expect(body.tables.map { $0.parts.map(\.rows) } == [[10, 30], [40]])
    #expect(body.tables.map(\.isPadded) == [false, true])
    #expect(body.reports.map(\.party) == [0, 1, 2, 3, 5])
    // P0 deals to P1 and P2 and sends its share to P2 and P5.
    #expect(body.reports[0].measured.sentBytes == [0, 8, 16, 0, 0, 8])
    #expect(body.reports[0].measured.rounds == 2)
    #expect(body.reports.allSatisfy { $0.controlBytes > 0 && Timestamp.isCanonical($0.startedAt) })
    // Planned and measured differ where the plan said 8 bytes and others were sent.
    #expect(body.differences.contains("alpha to gamma: 8 bytes planned, 16 sent"))
    #expect(!body.differences.contains { $0.hasPrefix("alpha to beta") })
  }

  @Test func fileRoundTrip() throws {
    let (_, receipt) = try Self.receipts()
    let directory = try TemporaryDirectory()
    try receipt.write(to: directory["receipt.json"])
    #expect(directory.names() == ["receipt.json"])
    let read = try Receipt(readingFrom: directory["receipt.json"])
    #expect(read == receipt)
    try read.verify(agreed: SessionWorld.description, SessionWorld.verify)
    #expect(throws: ParleyError.self) { try receipt.write(to: directory["missing/receipt.json"]) }
    #expect(throws: ParleyError.self) { try Receipt(readingFrom: directory["none"]) }
  }

  /// Any damage to the file is noticed by the reader or by the signatures.
  @Test func tamperedFilesDoNotHold() throws {
    let (_, receipt) = try Self.receipts()
    let good = try receipt.fileBytes()
    for seed in 0..<300 as Range<UInt64> {
      var generator = InsecureSplitMix(seed: seed)
      var bad = good
      let position = Int.random(in: 0..<bad.count, using: &generator)
      switch seed % 3 {
      case 0: bad[position] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
      case 1: bad.remove(at: position)
      default: bad.insert(32, at: position)
      }
      guard bad != good else { continue }
      #expect(throws: ParleyError.self, "seed \(seed), position \(position)") {
        try Receipt(fileBytes: bad).verify(agreed: SessionWorld.description, SessionWorld.verify)
      }
    }
  }

  @Test func everyFieldIsSigned() throws {
    let (_, receipt) = try Self.receipts()
    let changes: [(String, (inout Receipt) -> Void)] = [
      ("study", { $0.body.study = $0.body.program }), ("outcome of mode", { $0.body.mode = .party }),
      ("attempt", { $0.body.attempt += 1 }), ("job", { $0.body.job = "" }),
      ("rows", { $0.body.tables[0].parts[1].rows += 1 }), ("padding", { $0.body.tables[1].isPadded = false }),
      ("parameter", { $0.body.parameters[0].value = "0" }), ("version", { $0.body.version += " " }),
      ("bytes", { $0.body.reports[1].measured.sentBytes[0] += 1 }),
      ("memory", { $0.body.reports[1].measured.peakMemoryBytes = 1 }),
      ("commitment", { $0.body.reports[2].outputs = String(repeating: "0", count: 64) }),
      ("differences", { $0.body.differences = [] }),
      ("name", { $0.body.principals[3].name = "x" }),
      ("early", { $0.body.principals[3].leftEarly = true }),
      ("signer missing", { $0.signatures.removeLast() }),
      ("signatures swapped", { $0.signatures.swapAt(0, 1) }),
      ("signature of another", { $0.signatures[0].signature = $0.signatures[1].signature }),
      ("report missing", { $0.body.reports.removeLast() }),
    ]
    for (name, change) in changes {
      var other = receipt
      change(&other)
      #expect(throws: ParleyError.self, "\(name)") {
        try other.verify(agreed: SessionWorld.description, SessionWorld.verify)
      }
    }
    // A receipt among other keys is not one of this study, even if those keys signed it.
    var forged = receipt
    forged.body.principals[1].identity = hexadecimal(SessionWorld.hash("other key"))
    let message = try forged.signedBytes()
    for index in forged.signatures.indices {
      let identity = forged.body.principals[forged.signatures[index].party].identity
      let key = ParleyRuntime.bytes(hexadecimal: identity) ?? []
      forged.signatures[index].signature = hexadecimal(Digest.sha256("toy signature", [key, message]))
    }
    try forged.verify(SessionWorld.verify)
    #expect(throws: ParleyError.self) { try forged.verify(agreed: SessionWorld.description, SessionWorld.verify) }
  }

  /// The commitment opens with the salt, and without it says nothing: equal outputs, different commitments, and
  /// no guess without salt fits.
  @Test func outputsAreCommittedAndHidden() throws {
    let (first, receipt) = try Self.receipts()
    let (_, second) = try Self.receipts()
    let outputs = SessionWorld.sum.littleEndianBytes
    for recipient in [2, 5] {
      let salt = try #require(first.outcome(recipient)?.salt)
      let party = PartyIndex(recipient)
      #expect(receipt.opens(party, outputs: outputs, salt: salt))
      #expect(!receipt.opens(party, outputs: (SessionWorld.sum + 1).littleEndianBytes, salt: salt))
      #expect(!receipt.opens(PartyIndex(7 - recipient), outputs: outputs, salt: salt))
      #expect(!receipt.opens(party, outputs: outputs, salt: [UInt8](repeating: 0, count: 32)))
      #expect(!second.opens(party, outputs: outputs, salt: salt))
    }
    #expect(first.outcome(0)?.salt == nil && first.outcome(3)?.salt == nil)
    let commitments = (receipt.body.reports + second.body.reports).compactMap(\.outputs)
    #expect(commitments.count == 4 && Set(commitments).count == 4)
    #expect(receipt.outputsHash != second.outputsHash)
  }

  @Test func aSignatureForSomethingElseIsRefused() throws {
    let run = SessionWorld().run { message in
      message.step == ControlStep.signature && message.from == PartyIndex(1)
        ? .change(SessionWorld.sign(1, [1])) : .pass
    }
    // The result stands at its recipients, the receipt does not.
    #expect(run.outcome(2)?.output == SessionWorld.sum)
    for party in [0, 2] {
      #expect(run.outcome(party)?.receipt == nil)
      #expect(run.outcome(party)?.receiptProblem != nil)
    }
  }
}
