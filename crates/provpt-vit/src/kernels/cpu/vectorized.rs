//! Run-time dispatch for plain loops.

/// Defines a function whose body is compiled once per instruction set (AVX-512, AVX2, NEON,
/// baseline) and dispatched when called, so that the compiler vectorizes its loops for the machine
/// at hand. A closure would not do: the compiler may leave its body outside the specialized code.
macro_rules! vectorized {
    ($(#[$meta:meta])* fn $name:ident<$life:lifetime>($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        pub(super) fn $name<$life>($($arg: $ty),*) $(-> $ret)? {
            struct Call<$life> {
                $($arg: $ty,)*
                _life: std::marker::PhantomData<&$life ()>,
            }
            impl<$life> pulp::NullaryFnOnce for Call<$life> {
                type Output = vectorized!(@output $($ret)?);
                #[inline(always)]
                fn call(self) -> Self::Output {
                    let Self { $($arg,)* _life } = self;
                    $body
                }
            }
            $crate::kernels::cpu::arch().dispatch(Call { $($arg,)* _life: std::marker::PhantomData })
        }
    };
    (@output) => { () };
    (@output $ret:ty) => { $ret };
}

pub(super) use vectorized;
