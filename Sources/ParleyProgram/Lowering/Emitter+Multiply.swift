internal import BigInt

/// From how many bits on multipliers of engines without words halve their operands (Karatsuba, Ofman, "Multiplication
/// of many-digital numbers by automatic computers", Doklady Akademii Nauk 145, 1962).
///
/// ANDs, and their depth in brackets, of the full product of two unsigned numbers: by one schoolbook multiplication (n²
/// products of bits and about as many adders); halved once, with three schoolbook products of half the width; as it is
/// done here; and of a square as it is done here.
///
/// | bits | schoolbook | halved once | as done | square |
/// |--:|--:|--:|--:|--:|
/// | 16 | 593 (12) | 599 (15) | 593 (12) | 337 (10) |
/// | 24 | 1296 (14) | 1233 (17) | 1296 (14) | 720 (12) |
/// | 32 | 2283 (15) | 2091 (18) | 2283 (15) | 1259 (13) |
/// | 48 | 5002 (17) | 4357 (21) | 4357 (21) | 2698 (15) |
/// | 64 | 8803 (18) | 7486 (22) | 7486 (22) | 4707 (16) |
/// | 96 | 19426 (20) | 15953 (25) | 14616 (36) | 9652 (22) |
/// | 128 | 34272 (20) | 27686 (27) | 24634 (38) | 16681 (23) |
///
/// Halving takes fewer ANDs from some 20 bits on, and is three to five levels deeper. From 40 bits on it saves a tenth and more.
package enum BitMultiplication {
  /// Operands of fewer bits are multiplied bit by bit.
  package static let karatsubaWidth = 40

  /// ANDs and their depth for the product of two unsigned numbers of `width` bits, halved from `least` bits on.
  package static func cost(width: Int, least: Int, isSquare: Bool = false) -> (ands: Int, depth: Int) {
    let emitter = Emitter()
    let x = (0..<width).map { _ in Bit.plane(emitter.newPlane(.fixed(1))) }
    let y = isSquare ? x : (0..<width).map { _ in Bit.plane(emitter.newPlane(.fixed(1))) }
    var matrix = BitMatrix(width: 2 * width)
    if isSquare {
      emitter.square(x, into: &matrix, shift: 0, least: least)
    } else {
      emitter.multiply(x, y, into: &matrix, shift: 0, least: least)
    }
    let product = matrix.resolved(emitter)
    var depths: [PlaneRegister: Int] = [:]
    var ands = 0
    for operation in emitter.operations {
      var depth = 0
      operation.forEachPlaneRead { depth = max(depth, depths[$0] ?? 0) }
      if operation.communicates {
        ands += 1
        depth += 1
      }
      operation.forEachPlaneWritten { depths[$0] = depth }
    }
    let depth = product.reduce(0) { most, bit in
      if case .plane(let register) = bit.source { max(most, depths[register] ?? 0) } else { most }
    }
    return (ands, depth)
  }
}

/// Products of numbers in bits, as columns that are added up once.
extension Emitter {
  /// a · b modulo 2^width. With X, Y the bits below the signs s, t of n and m bits, a = X - s·2^(n-1) and b likewise: the
  /// products of a sign with bits are taken away (Baugh, Wooley, "A two's complement parallel array multiplication
  /// algorithm", IEEE Transactions on Computers C-22(12), 1973), and nothing is sign-extended.
  func product(_ a: Word, _ b: Word, width: Int) -> BitMatrix {
    var matrix = BitMatrix(width: width)
    let x = Array(a.bits.dropLast()), y = Array(b.bits.dropLast())
    multiply(x, y, into: &matrix, shift: 0, least: BitMultiplication.karatsubaWidth)
    for (place, bit) in y.enumerated() {
      matrix.add(and(a.sign, bit), weight: x.count + place, isNegative: true)
    }
    for (place, bit) in x.enumerated() {
      matrix.add(and(b.sign, bit), weight: y.count + place, isNegative: true)
    }
    matrix.add(and(a.sign, b.sign), weight: x.count + y.count)
    return matrix
  }

  /// a² modulo 2^width: every pair of bits once, with twice its weight.
  func square(_ a: Word, width: Int) -> BitMatrix {
    var matrix = BitMatrix(width: width)
    let x = Array(a.bits.dropLast())
    square(x, into: &matrix, shift: 0, least: BitMultiplication.karatsubaWidth)
    for (place, bit) in x.enumerated() {
      matrix.add(and(a.sign, bit), weight: x.count + place + 1, isNegative: true)
    }
    matrix.add(a.sign, weight: 2 * x.count)
    return matrix
  }

  /// a · factor modulo 2^width: one row for each digit of the factor that is not 0, digits being -1, 0 and 1 with no two beside
  /// each other that are not 0 (Reitwiesner, "Binary arithmetic", Advances in Computers 1, 1960).
  func scaled(_ a: Word, by factor: BigInt, width: Int) -> BitMatrix {
    var matrix = BitMatrix(width: width)
    var rest = factor
    var shift = 0
    while rest != 0 && shift < width {
      if rest.magnitude & 1 == 1 {
        // 1 where the rest is 1 modulo 4, else -1, so that the next digit is 0.
        let isThree = (rest.magnitude & 3 == 3) != (rest < 0)
        matrix.add(a, shift: shift, isNegative: isThree)
        rest += isThree ? 1 : -1
      }
      rest >>= 1
      shift += 1
    }
    return matrix
  }

  // MARK: Unsigned numbers

  /// Adds x · y · 2^shift.
  ///
  /// With halves x = x₀ + 2^h·x₁ and y likewise, x·y = z₀ + 2^h·((x₀ + x₁)(y₀ + y₁) - z₀ - z₂) + 2^2h·z₂.
  func multiply(_ x: [Bit], _ y: [Bit], into matrix: inout BitMatrix, shift: Int, least: Int) {
    let half = (max(x.count, y.count) + 1) / 2
    // Where the upper half of the product is cut off, there is little to save.
    guard min(x.count, y.count) >= least, min(x.count, y.count) > half,
      shift + x.count + y.count <= matrix.width + half / 2
    else {
      for (i, a) in x.enumerated() {
        for (j, b) in y.enumerated() where shift + i + j < matrix.width {
          matrix.add(and(a, b), weight: shift + i + j)
        }
      }
      return
    }
    let (x0, x1) = (Array(x[..<half]), Array(x[half...])), (y0, y1) = (Array(y[..<half]), Array(y[half...]))
    for (a, b, places) in [(x0, y0, 0), (x1, y1, 2 * half)] {
      var part = BitMatrix(width: a.count + b.count)
      multiply(a, b, into: &part, shift: 0, least: least)
      if part.hasNegatives {
        let number = part.resolved(self)
        part = BitMatrix(width: number.count)
        part.add(Word(unsigned: number))
      } else {
        // A sum of what is not negative loses no carry: two numbers for it are as good as one, and take no network.
        part = part.withoutOffset().compressed(self)
      }
      matrix.add(part, shift: shift + places)
      matrix.add(part, shift: shift + half, isNegative: true)
    }
    func sum(_ low: [Bit], _ high: [Bit]) -> [Bit] {
      func extended(_ bits: [Bit]) -> [Bit] {
        bits + Array(repeating: .zero, count: half + 1 - bits.count)
      }
      return add(extended(low), extended(high))
    }
    multiply(sum(x0, x1), sum(y0, y1), into: &matrix, shift: shift + half, least: least)
  }

  /// Adds x² · 2^shift: with halves as above x₀² + 2^(h+1)·x₀x₁ + 2^2h·x₁².
  func square(_ x: [Bit], into matrix: inout BitMatrix, shift: Int, least: Int) {
    let half = (x.count + 1) / 2
    guard x.count / 2 >= least else {
      for (i, a) in x.enumerated() {
        matrix.add(a, weight: shift + 2 * i)
        for (j, b) in x.enumerated() where j > i && shift + i + j + 1 < matrix.width {
          matrix.add(and(a, b), weight: shift + i + j + 1)
        }
      }
      return
    }
    let (low, high) = (Array(x[..<half]), Array(x[half...]))
    square(low, into: &matrix, shift: shift, least: least)
    square(high, into: &matrix, shift: shift + 2 * half, least: least)
    multiply(low, high, into: &matrix, shift: shift + half + 1, least: least)
  }
}
