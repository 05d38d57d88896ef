package import ParleyBase

/// Elements of a buffer that belong to one lot of triples and to nothing else.
struct Lot<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  private let storage: Storage<Word>
  private let start: Int
  let count: Int

  init(_ storage: Storage<Word>, start: Int, count: Int) {
    precondition(start >= 0 && count >= 0 && start + count <= storage.count, "no such elements")
    (self.storage, self.start, self.count) = (storage, start, count)
  }
  init(_ storage: Storage<Word>) { self.init(storage, start: 0, count: storage.count) }

  /// Valid while the lot lives.
  var pointer: UnsafeMutablePointer<Word> { storage.pointer + start }

  func zeroize() {
    SecureMemory.zeroize(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: pointer, count: count)))
  }
}

/// The three vectors of a lot. Overwritten with zeros when it goes, whichever way.
struct TripleVectors<Word: FixedWidthInteger & UnsignedInteger & Sendable>: ~Copyable {
  let a: Lot<Word>
  let b: Lot<Word>
  let c: Lot<Word>

  init(a: Lot<Word>, b: Lot<Word>, c: Lot<Word>) { (self.a, self.b, self.c) = (a, b, c) }

  /// The vectors live at least as long as `body` takes.
  borrowing func with<R>(
    _ body: (UnsafeMutablePointer<Word>, UnsafeMutablePointer<Word>, UnsafeMutablePointer<Word>) -> R
  ) -> R { body(a.pointer, b.pointer, c.pointer) }

  deinit {
    a.zeroize()
    b.zeroize()
    c.zeroize()
  }
}

/// One party's shares of triples of vectors: c is the product of a and b, elementwise or as matrices.
///
/// Used once, and by its type: it cannot be copied, masking consumes it, and what masking leaves can be finished once. Its memory
/// is overwritten when it has been used or is dropped.
package struct Triples<Word: FixedWidthInteger & UnsignedInteger & Sendable>: ~Copyable {
  private let vectors: TripleVectors<Word>

  init(a: Lot<Word>, b: Lot<Word>, c: Lot<Word>) { vectors = TripleVectors(a: a, b: b, c: c) }

  /// Elements of a, of b and of c.
  package var counts: (left: Int, right: Int, result: Int) { (vectors.a.count, vectors.b.count, vectors.c.count) }

  /// The one time that a and b mask something.
  package consuming func mask(
    _ body: (_ a: UnsafePointer<Word>, _ b: UnsafePointer<Word>) -> Void
  ) -> MaskingTriples<Word> {
    vectors.with { a, b, _ in body(a, b) }
    return MaskingTriples(vectors: vectors)
  }
}

/// Triples of which a and b have masked operands, while these are on their way.
package struct MaskingTriples<Word: FixedWidthInteger & UnsignedInteger & Sendable>: ~Copyable {
  private let vectors: TripleVectors<Word>

  fileprivate init(vectors: consuming TripleVectors<Word>) { self.vectors = vectors }

  /// The product of what has been masked; `body` may write over all three vectors, which are overwritten with zeros after it.
  package consuming func finish<R>(
    _ body: (
      _ a: UnsafeMutablePointer<Word>, _ b: UnsafeMutablePointer<Word>, _ c: UnsafeMutablePointer<Word>
    ) -> R
  ) -> R {
    vectors.with(body)
  }
}

/// Holds what cannot be copied where only what can be copied fits: a state between the flights. What is in it is taken out once.
package final class OneUse<Value: ~Copyable> {
  private var value: Value?
  /// Takes `value` in.
  package init(_ value: consuming Value) { self.value = consume value }

  /// - Throws: `internal/randomness-reuse` the second time.
  package func take(at step: StepID) throws(ParleyError) -> Value {
    guard let value = value.take() else {
      throw ParleyError(
        .randomnessReuse, "an exchange is finished twice", at: .init(item: step.description),
        remedy: "report this: the executor called the engine out of order")
    }
    return value
  }
}
