import Parley
import ParleyBase
import ParleyEngine
import ParleyProgram
import ParleyRuntime
import Testing

/// What a recipient shows with a receipt is checked against the study: whoever made it may have committed to anything.
@Suite struct OpeningTests {
  private let prepared: PreparedStudy
  init() throws { prepared = try StudyTests.prepared(.apart, queries: StudyTests.queries[2]) }

  /// Outputs of the right form and size; values are zeros.
  private var whole: [Int: ClearValues] {
    var values: [Int: ClearValues] = [:]
    for (index, disclosure) in prepared.program.disclosures.enumerated() {
      guard case .fixed(let size) = prepared.program[disclosure.node].type.shape else { continue }
      values[index] = .words([UInt64](repeating: 0, count: size))
    }
    return values
  }

  private func refusal(_ values: [Int: ClearValues]) -> ParleyError? {
    do throws(ParleyError) {
      _ = try StudyResult(prepared, outputs: SessionRoles<[Int: ClearValues]>.encodeValues(values))
      return nil
    } catch { return error }
  }

  @Test func theWholeIsDecoded() throws {
    #expect(whole.count == prepared.program.disclosures.count)
    #expect(refusal(whole) == nil)
  }

  @Test func whatIsMissingOrTooMuchIsNoInternalError() throws {
    for index in prepared.program.disclosures.indices {
      var missing = whole
      missing[index] = nil
      #expect(refusal(missing)?.code.rawValue == "data/receipt", "\(index)")
      for size in [0, 1, 4096] {
        var other = whole
        other[index] = .words([UInt64](repeating: 1, count: size))
        #expect(refusal(other)?.code.rawValue == "data/receipt", "\(index), \(size)")
      }
    }
    #expect(refusal([:])?.code.rawValue == "data/receipt")
    #expect(refusal(whole.merging([99: .words([0])]) { $1 })?.code.rawValue == "data/receipt")
  }

  /// A few bytes that announce many values: nothing in them would bound the memory.
  @Test func planesBoundTheirCount() throws {
    let bytes = SessionRoles<[Int: ClearValues]>.encodeValues([0: .planes([], count: 100)])
    #expect(throws: ParleyError.self) { try SessionRoles<[Int: ClearValues]>.decodeValues(bytes) }
    let none = SessionRoles<[Int: ClearValues]>.encodeValues([0: .planes([], count: 0)])
    #expect(try SessionRoles<[Int: ClearValues]>.decodeValues(none).count == 1)
  }
}
