internal import ParleyBase
internal import ParleyProgram

/// What a demand takes of transfers in one direction, cut into batches. A *unit* has the rows of one word: of b of a triple of words, of 64 triples of bits, or of one element of
/// the right matrix of a triple of matrices. All of it follows from the demand, so both parties cut alike.
struct TripleBatches {
  /// One batch: units of one section.
  struct Batch {
    let section: Section
    let units: Range<Int>
  }
  enum Section: Int, CaseIterable { case words, bits, matrices }
  /// A triple of matrices, and where it begins among the elements of all.
  struct Matrix {
    let rows: Int, inner: Int, columns: Int
    let left: Int, right: Int, result: Int
    var rightCount: Int { inner * columns }
  }

  let wordBits: Int
  let words: Int
  let bits: Int
  let matrices: [Matrix]
  private(set) var batches: [Batch] = []
  /// Elements of all left, right and resulting matrices.
  private(set) var left = 0, right = 0, result = 0

  /// - Parameter wordBits: of a ring word.
  init(_ demand: CorrelationDemand, wordBits: Int) {
    self.wordBits = wordBits
    words = demand.amounts[.wordTriple] ?? 0
    bits = demand.amounts[.bitTripleWord] ?? 0
    var matrices: [Matrix] = []
    for (kind, count) in demand.sorted {
      guard case .matrixTriple(let rows, let inner, let columns) = kind else { continue }
      for _ in 0..<count {
        matrices.append(
          Matrix(rows: rows, inner: inner, columns: columns, left: left, right: right, result: result))
        left += rows * inner
        right += inner * columns
        result += rows * columns
      }
    }
    self.matrices = matrices
    for section in Section.allCases {
      let count = units(section)
      // Whole words of choices, about 2^18 rows, and more where there would be too many batches for their steps.
      let size = max((1 << 18) / rows(section), (count / 600 + 63) / 64 * 64)
      for start in stride(from: 0, to: count, by: size) {
        batches.append(Batch(section: section, units: start..<min(start + size, count)))
      }
    }
  }

  func units(_ section: Section) -> Int {
    switch section {
    case .words: words
    case .bits: bits
    case .matrices: right
    }
  }
  /// Rows of one unit.
  func rows(_ section: Section) -> Int { section == .bits ? 64 : wordBits }
  func rows(_ batch: Batch) -> Int { batch.units.count * rows(batch.section) }

  /// Units of a batch by the matrix that they are of: its number, and elements of its right matrix.
  func parts(of units: Range<Int>) -> [(matrix: Matrix, elements: Range<Int>)] {
    // The first that ends after the begin.
    var (low, high) = (0, matrices.count)
    while low < high {
      let middle = (low + high) / 2
      if matrices[middle].right + matrices[middle].rightCount <= units.lowerBound {
        low = middle + 1
      } else {
        high = middle
      }
    }
    var parts: [(matrix: Matrix, elements: Range<Int>)] = []
    while low < matrices.count, matrices[low].right < units.upperBound {
      let matrix = matrices[low]
      let range = units.clamped(to: matrix.right..<matrix.right + matrix.rightCount)
      if !range.isEmpty {
        parts.append((matrix, range.lowerBound - matrix.right..<range.upperBound - matrix.right))
      }
      low += 1
    }
    return parts
  }

  /// Products of a batch, and with them bytes of its second message.
  func products(of batch: Batch) -> Int {
    switch batch.section {
    case .words: batch.units.count
    case .bits: 0
    case .matrices: parts(of: batch.units).reduce(0) { $0 + $1.elements.count * $1.matrix.rows }
    }
  }
}
