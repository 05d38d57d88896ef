import BigInt
import ParleyBase
import ParleyProgram

/// Sums in bits.
extension LoweredInterpreter {
  /// Numbers row by row, split in two at random: what any order of adders must agree with.
  mutating func add(_ sum: BitSum, results: Int, count: Int) {
    let modulus = BigInt(1) << sum.columns.count
    var totals = Array(repeating: BigInt(0), count: results)
    for row in 0..<count {
      totals[row % results] += sum.offset
      for (weight, column) in sum.columns.enumerated() {
        for register in column where planes[register]![row] { totals[row % results] += BigInt(1) << weight }
      }
    }
    write(totals, modulus, to: sum.out)
  }
  mutating func write(_ totals: [BigInt], _ modulus: BigInt, to out: [[PlaneRegister]]) {
    func reduced(_ value: BigInt) -> BigInt {
      let rest = value % modulus
      return rest < 0 ? rest + modulus : rest
    }
    let first = totals.map { _ in reduced(BigInt(random.next()) * BigInt(random.next())) }
    let second = zip(totals, first).map { reduced($0 - $1) }
    for (numbers, registers) in zip([first, second], out) {
      for (weight, register) in registers.enumerated() {
        planes[register] = numbers.map { $0.magnitude >> weight & 1 == 1 }
      }
    }
  }
}
