import CParleyKernels

/// The compute kernels: loops over whole vectors, in C, one version for each instruction set.
///
/// Pointers are to words of 64 bits; counts are checked for sign only, so the caller answers for the sizes.
/// No function branches on or indexes by the contents of a vector. An output may be one of the inputs, but must
/// not overlap it otherwise.
package enum Kernels {
  /// An implementation of all kernels. All of them compute the same.
  package enum Backend: Int32, CaseIterable, Sendable {
    /// C without instructions that a processor may lack.
    case generic = 0
    /// AES-NI, PCLMULQDQ, AVX2 and BMI2; VPCLMULQDQ too where the processor has it.
    case avx2 = 1
    /// VAES, GFNI and AVX-512.
    case avx512 = 2

    /// The fastest that this processor has.
    package static var best: Backend { Backend(rawValue: c_parley_best_backend()) ?? .generic }
    /// The one in use, in the whole process.
    package static var active: Backend { Backend(rawValue: c_parley_backend()) ?? .generic }
    /// Switches the whole process to this backend, to compare it with others; false when the processor
    /// lacks it. Carry-less multiplication takes the widest registers that there are, or 128 bits when `narrow`.
    package func force(narrow: Bool = false) -> Bool {
      c_parley_force_backend(narrow ? rawValue | C_PARLEY_NARROW_CARRYLESS : rawValue) == 1
    }
  }

  static func size(_ count: Int) -> Int {
    precondition(count >= 0, "negative count")
    return count
  }
}
