import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Testing

/// Receipts that somebody makes up with the keys of some principals, or of none.
@Suite struct ReceiptForgeryTests {
  private let honest: Receipt
  init() throws { (_, honest) = try ReceiptTests.receipts() }

  /// The honest receipt with a change, signed again by everybody who did not leave, as if these keys were the forger's.
  private func forged(_ change: (inout Receipt.Body) -> Void) throws -> Receipt {
    var receipt = honest
    change(&receipt.body)
    let signers = Set(receipt.body.principals.filter { !$0.leftEarly }.map(\.index))
    receipt.body.reports.removeAll { !signers.contains($0.party) }
    receipt.body.differences = receipt.body.differences.filter { line in
      receipt.body.reports.contains { line.hasPrefix(SessionWorld.names[$0.party] + " ") }
        || line.hasSuffix("measured")
    }
    receipt.signatures = []
    let message = try receipt.signedBytes()
    for report in receipt.body.reports {
      var signature = try #require(honest.signatures.first)
      signature.party = report.party
      signature.signature = hexadecimal(SessionWorld.sign(report.party, message))
      receipt.signatures.append(signature)
    }
    return receipt
  }

  private func refusal(_ receipt: Receipt, withStudy: Bool = true) -> ParleyError? {
    do throws(ParleyError) {
      try receipt.verify(agreed: withStudy ? SessionWorld.description : nil, SessionWorld.verify)
      return nil
    } catch { return error }
  }

  @Test func theSameSignedAgainHolds() throws { #expect(refusal(try forged { _ in }) == nil) }

  /// Without any key: everybody has left, nobody has a role, nobody has signed.
  @Test func nobodySigns() throws {
    let receipt = try forged { body in
      for index in body.principals.indices {
        body.principals[index].leftEarly = true
        body.principals[index].isComputing = false
        body.principals[index].isRecipient = false
      }
      body.tables = []
      body.differences = []
    }
    #expect(receipt.signatures.isEmpty && receipt.body.reports.isEmpty)
    for withStudy in [true, false] {
      #expect(refusal(receipt, withStudy: withStudy)?.code.rawValue == "data/receipt", "\(withStudy)")
    }
  }

  /// With the key of one recipient, which invents the result.
  @Test func aRecipientAlone() throws {
    let receipt = try forged { body in
      for index in body.principals.indices where index != 5 {
        body.principals[index].leftEarly = true
        body.principals[index].isComputing = false
        body.principals[index].isRecipient = false
      }
    }
    #expect(receipt.signatures.map(\.party) == [5])
    #expect(refusal(receipt)?.code.rawValue == "data/receipt")
  }

  /// Whatever a receipt says of the study is compared with it, one thing at a time; all keys sign here, so that nothing
  /// but the comparison can refuse it.
  @Test func everythingIsTheStudys() throws {
    let zeros = String(repeating: "0", count: 64)
    let changes: [(String, (inout Receipt.Body) -> Void)] = [
      ("study", { $0.study = zeros }), ("program", { $0.program = zeros }),
      ("statement", { $0.disclosure = zeros }),
      ("protocol", { $0.protocolID = "other" }), ("a parameter", { $0.parameters[0].value += "0" }),
      ("the mode", { $0.mode = .party }),
      ("a name", { $0.principals[3].name = "x" }), ("a holder", { $0.principals[3].isHolder = false }),
      ("two names", { ($0.principals[3].name, $0.principals[4].name) = ("epsilon", "delta") }),
      ("one more that computes", { $0.principals[3].isComputing = true }),
      (
        "one less that receives",
        {
          $0.principals[5].isRecipient = false; $0.reports[4].outputs = nil
        }
      ),
      (
        "one more that receives",
        {
          $0.principals[3].isRecipient = true; $0.reports[3].outputs = zeros
        }
      ),
      ("a table less", { $0.tables.removeLast() }), ("a table's name", { $0.tables[0].name = "x" }),
      ("a table's holder", { $0.tables[0].parts[1].holder = 4 }), ("padding", { $0.tables[1].isPadded = false }),
      ("rows of a padded table", { $0.tables[1].parts[0].rows = 39 }),
      ("negative rows", { $0.tables[0].parts[0].rows = -1 }),
      ("more rows than allowed", { $0.tables[0].parts[0].rows = 71 }),
      ("the largest number of rows", { $0.tables[0].parts[0].rows = .max }),
      ("no commitment", { $0.reports[2].outputs = nil }),
      ("a commitment of a holder", { $0.reports[3].outputs = zeros }),
      ("a session that is no hash", { $0.session = "00\n" }),
    ]
    for (name, change) in changes {
      let receipt = try forged { body in
        change(&body)
        // Names are in the differences as well.
        body.differences = Receipt.differences(body.reports, names: body.principals.map(\.name))
      }
      #expect(refusal(receipt)?.code.rawValue == "data/receipt", "\(name)")
    }
    // The run's own facts are not the study's.
    let attempt = try forged { $0.attempt = 7 }, rows = try forged { $0.tables[0].parts[0].rows = 11 }
    #expect(refusal(attempt) == nil && refusal(rows) == nil)
  }
}
