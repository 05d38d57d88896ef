internal import ParleyBase

/// One pass of a shuffle as its proofs see it: the columns before and after, of one kind, and what the pair has in common.
package struct ShuffledPass<Column> {
  /// Which message of a pass i is proved. Number j of the result is number π(j) of the operand.
  enum Message {
    /// y_i = π(x_i) + π(x_{i+1}) − S, from P_i to P_{i+2}: prover P_i, left verifier P_{i+2}, right verifier P_{i+1}.
    case first
    /// y_{i+2} = π(x_{i+2}) − R + S, from P_{i+1} to P_{i+2}: prover P_{i+1}, left verifier P_i, right verifier P_{i+2}.
    case second
  }

  let pass: Int
  let rows: Int
  let before: [Column]
  let after: [Column]
  /// Nil at P_{i+2}.
  let secret: PassSecret?
  let party: Int

  init(_ pass: Int, party: Int, _ secret: PassSecret?, before: [Column], after: [Column], rows: Int) {
    self.pass = pass
    self.rows = rows
    self.before = before
    self.after = after
    self.secret = secret
    self.party = party
  }

  /// The message that P_q has to prove.
  func message(of prover: Int) -> Message? { [.first, .second, nil][(prover - pass + 3) % 3] }

  /// π; the roles in which it is asked for are those of the pair.
  func withOrder(_ body: (UnsafePointer<UInt32>) -> Void) { secret?.order.withPointer(body) }
}

/// The passes of one batch and where each prover's elements lie. Vectors of different provers may have different lengths:
/// what is missing counts as zero.
struct ShuffleBatch<Column> {
  private(set) var passes: [ShuffledPass<Column>] = []

  mutating func append(_ pass: ShuffledPass<Column>) { passes.append(pass) }

  /// Calls `body` with every pass of which P_q proves a message, and where its elements begin.
  ///
  /// - Parameter elements: of one message of a pass.
  func forEachMessage(
    of prover: Int, elements: (ShuffledPass<Column>) -> Int,
    _ body: (ShuffledPass<Column>, ShuffledPass<Column>.Message, _ start: Int) -> Void
  ) {
    var start = 0
    for pass in passes {
      guard let message = pass.message(of: prover) else { continue }
      body(pass, message, start)
      start += elements(pass)
    }
  }

  var party: Int { passes.first?.party ?? 0 }
  /// Whose proof this party verifies on the left, and on the right.
  var provedByNext: Int { (party + 1) % 3 }
  var provedByPrevious: Int { (party + 2) % 3 }
}
