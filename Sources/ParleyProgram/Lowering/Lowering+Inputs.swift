internal import BigInt
internal import ParleyBase

/// Input columns: in which form holders share them, and how the other form comes about.
///
/// Where holders are trusted, a column that the program needs as ring words and as bits is shared twice. Where they
/// are not, it is shared once, because a holder could deal a word and bits that disagree; the other form is computed.
extension Lowering {
  enum SharedForm: Hashable, Sendable { case words, bits }

  /// What is known of the inputs, by their number.
  struct Inputs {
    var arith: [Int: ArithRegister] = [:]
    var words: [Int: Word] = [:]
    /// The bits of `value - offset`, see ``layout(_:)``.
    var magnitudes: [Int: [Bit]] = [:]
    /// For columns shared as ring words: that `value - offset` has no further bits.
    var fits: [Int: Bit] = [:]
  }

  /// How a column is laid out as bits: `value - offset` in as many as the range needs. A range that reaches below 0 is
  /// offset by its sign bit's weight, so that inverting the top bit gives two's complement.
  struct BitLayout: Hashable {
    var width: Int
    var isSigned: Bool
    var offset: BigInt { isSigned ? -(BigInt(1) << (width - 1)) : 0 }
    init(_ range: Interval) {
      isSigned = range.lower < 0
      width = isSigned ? range.signedWidth : max(range.signedWidth - 1, 1)
    }
  }

  // MARK: The one form

  /// One product costs what this many ANDs cost: 64 times the bytes on a link, about 20 times the verifier's work.
  static let productInAnds = 32

  /// ANDs for the bits of a ring word of which `width` are left, and the proof that the others are zero: a layer of
  /// full adders, the low sum, the test of the high part.
  package static func andsForBits(width: Int, summands: Int) -> Int {
    let layer = summands > 2 ? 63 * (summands - 2) : 0
    // One bit more: the carry into the high part.
    return layer + CarryNetwork.additionAnds(width: min(width + 1, 64)) + 2 * (64 - min(width, 64))
  }

  /// The one form of every input that the program reads.
  ///
  /// It is bits where the program needs bits only, or where the column has so few bits that making a word of them costs
  /// less than making bits of a word: with three summands, up to 2 bits. Otherwise it is a word.
  func singleForms() -> [Int: SharedForm] {
    var forms: [Int: SharedForm] = [:]
    for input in Set(inputs.arith.keys).union(inputs.words.keys) {
      forms[input] = singleForm(of: input)
    }
    return forms
  }

  private func singleForm(of input: Int) -> SharedForm {
    guard descriptor.hasWords, case .integer(let range) = program.inputs[input].sort, inputs.arith[input] != nil
    else { return .bits }
    if options.inputForm == .arithmetic { return .words }
    let layout = BitLayout(range)
    let products = layout.width * (descriptor.booleanSummands - 1)
    let ands = Self.andsForBits(width: layout.width, summands: descriptor.arithmeticSummands)
    return products * Self.productInAnds <= ands ? .bits : .words
  }

  // MARK: Ring words

  func arithInput(_ input: Int) throws(ParleyError) -> ArithRegister {
    if let known = inputs.arith[input] { return known }
    let column = program.inputs[input]
    let register: ArithRegister
    if forms?[input] == .bits, column.sort == .bit {
      register = try arithBit(bitInput(input))
    } else if forms?[input] == .bits {
      register = try arithFromBits(
        try wordInput(input), like: .init(column.sort, .rows(column.table)))
    } else {
      register = emitter.newArith(length(.rows(column.table)))
      emitter.emit(.inputArith(input: input, out: register), emitter.length(of: register), arithOut: [register])
    }
    inputs.arith[input] = register
    return register
  }

  // MARK: Bits

  func wordInput(_ input: Int) throws(ParleyError) -> Word {
    guard case .integer(let range) = program.inputs[input].sort else { return Word(unsigned: [bitInput(input)]) }
    if let known = inputs.words[input] { return known }
    let layout = BitLayout(range)
    let bits =
      forms?[input] == .words ? try bitsOfWordInput(input, layout) : dealtBits(input, layout)
    inputs.magnitudes[input] = bits
    var word = Word(bits)
    if layout.isSigned {
      word.bits[layout.width - 1] = !word.bits[layout.width - 1]
    } else {
      word = Word(unsigned: word.bits)
    }
    inputs.words[input] = word
    return word
  }

  func bitInput(_ input: Int) -> Bit {
    if let known = inputs.words[input] { return known.bits[0] }
    let bit = dealtBits(input, BitLayout(.bit))[0]
    inputs.words[input] = Word([bit])
    return bit
  }

  private func dealtBits(_ input: Int, _ layout: BitLayout) -> [Bit] {
    let length = length(.rows(program.inputs[input].table))
    let planes = (0..<layout.width).map { _ in emitter.newPlane(length) }
    emitter.emit(.inputPlanes(input: input, offset: layout.offset, out: planes), length, planesOut: planes)
    return planes.map(Bit.plane)
  }

  /// The low bits of `value - offset` mod 2^64, and whether the others are zero.
  ///
  /// For the latter the sum is not needed. Let a + b + carry = s with a carry into bit w, all bits of s from w on to be
  /// zero. If s_(i-1) = 0, the carry into bit i is a_(i-1) ∨ b_(i-1); so s is zero from w on exactly when s_w = 0 and
  /// a_i ⊕ b_i = a_(i-1) ∨ b_(i-1) for all i > w (Cortadella, Llabería, "Evaluation of A + B = K conditions without
  /// carry propagation", IEEE Transactions on Computers 41(11), 1992): two ANDs a bit, and no carries.
  private func bitsOfWordInput(_ input: Int, _ layout: BitLayout) throws(ParleyError) -> [Bit] {
    let width = layout.width
    let value = emitter.linear(
      [(try arithInput(input), 1)], constant: UInt64(truncatingIfNeeded: -layout.offset))
    let (a, b) = twoRows(value, width: 64)
    guard width < 64 else { return emitter.add(a, b) }
    let sum = emitter.add(Array(a[...width]), Array(b[...width]))
    var zero = [!sum[width]]
    for i in width + 1..<64 {
      zero.append(!emitter.xor(emitter.xor(a[i], b[i]), emitter.or(a[i - 1], b[i - 1])))
    }
    inputs.fits[input] = emitter.all(zero)
    return Array(sum[..<width])
  }
}
